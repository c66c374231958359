package dev.lockstep.cutover;

import dev.lockstep.database.Handles;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.Control;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.Lease;
import dev.lockstep.state.Observed;
import dev.lockstep.state.Scans;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Reads what the gate decides by; writes nothing. */
public final class GateReader {

    private static final String AGE = "extract(epoch FROM clock_timestamp() - ended_at)::float8";

    private static final String SAME_SERVER = "system_id = (SELECT system_identifier FROM pg_control_system())"
            + " AND timeline = ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int";

    private final String name;
    private final Supplier<List<String>> unbuilt;
    private final Duration heartbeat;

    /**
     * @param name the configured name
     * @param unbuilt says which indexes and foreign keys are missing or not valid
     * @param heartbeat how long a quiet stream is allowed to say nothing
     */
    public GateReader(String name, Supplier<List<String>> unbuilt, Duration heartbeat) {
        this.name = name;
        this.unbuilt = unbuilt;
        this.heartbeat = heartbeat;
    }

    public GateFacts read(Connection connection) throws SQLException {
        long letters = new DeadLetters(name).count(connection);
        Fence.Reading fence = new Fence(name).read(connection);
        return Handles.ask(
                connection,
                handle -> new GateFacts(
                        fence.phase(),
                        new Lease(name).read(handle).live(),
                        new Control(name).pause(handle).active(),
                        new Scans(name)
                                .all(handle).stream()
                                        .filter(scan -> scan.state() != Scans.State.DONE)
                                        .count(),
                        unbuilt.get(),
                        new Gaps(name).counts(handle).unverified(),
                        letters,
                        lag(handle),
                        seconds(new Observed(name).lagSteadySeconds(handle)),
                        storesBehind(handle),
                        legacyQuiet(handle),
                        evidence(handle),
                        reads(handle)));
    }

    private @Nullable Duration lag(Handle handle) {
        return one(
                handle,
                "SELECT extract(epoch FROM clock_timestamp() - commit_time)::float8 - " + heartbeat.toMillis() / 1000.0
                        + " FROM " + Sql.quote(name) + ".position");
    }

    private @Nullable Duration legacyQuiet(Handle handle) {
        return one(
                handle,
                "SELECT extract(epoch FROM clock_timestamp() - max(last_seen))::float8 FROM " + Sql.quote(name)
                        + ".census");
    }

    private long storesBehind(Handle handle) {
        return handle.createQuery("SELECT count(*) FROM " + Sql.quote(name)
                        + ".vector_store WHERE trouble <> '' OR sweeps_wanted > sweeps_served")
                .mapTo(Long.class)
                .one();
    }

    private GateFacts.@Nullable Evidence evidence(Handle handle) {
        return handle.createQuery("SELECT clean, " + AGE + ", " + SAME_SERVER + " FROM " + Sql.quote(name)
                        + ".evidence WHERE kind = 'verify' ORDER BY id DESC LIMIT 1")
                .map((row, ctx) ->
                        new GateFacts.Evidence(row.getBoolean(1), seconds(row.getDouble(2)), row.getBoolean(3)))
                .findOne()
                .orElse(null);
    }

    private GateFacts.@Nullable Reads reads(Handle handle) {
        return handle.createQuery("SELECT (report -> 'reads' ->> 'differing')::bigint, " + AGE + " FROM "
                        + Sql.quote(name)
                        + ".evidence WHERE kind = 'verify' AND jsonb_typeof(report -> 'reads') = 'object'"
                        + " AND " + SAME_SERVER + " ORDER BY id DESC LIMIT 1")
                .map((row, ctx) -> new GateFacts.Reads(row.getLong(1), seconds(row.getDouble(2))))
                .findOne()
                .orElse(null);
    }

    private static @Nullable Duration one(Handle handle, String sql) {
        Optional<Double> value = handle.createQuery(sql).mapTo(Double.class).findOne();
        return value.map(GateReader::seconds).orElse(null);
    }

    private static Duration seconds(double value) {
        return Duration.ofMillis(Math.max(0, (long) (1000 * value)));
    }
}
