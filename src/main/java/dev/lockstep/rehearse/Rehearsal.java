package dev.lockstep.rehearse;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.CutoverConfig;
import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Cost;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.rehearse.RehearsalReport.Live.RowsBy;
import dev.lockstep.run.Sidecar;
import dev.lockstep.run.SidecarThread;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.Scans;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.state.StepLog;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.verify.StreamWait;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole migration in a copy of the database, by the same classes as behind the commands. In the live database nothing is
 * written, and nothing but sizes and counts is read, save by pg_dump.
 */
public final class Rehearsal {

    private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

    /** So long the live database is looked at, for the rate at which it writes. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private static final Duration STEP = Duration.ofMillis(50);

    /** So many steps. */
    private static final int LOOK_AFTER = 100;

    /** A walsender may need a moment to see that nobody reads it any more. */
    private static final Duration SLOT_PATIENCE = Duration.ofSeconds(30);

    private final LockstepConfig config;
    private final Database live;
    private final @Nullable Database source;
    private final LockstepConfig copyConfig;
    private final Database copy;
    private final Turns turns;
    private final ScanProgress progress;
    private final StopSignal stop;
    private final Map<String, RehearsalReport.Phase> phases = new LinkedHashMap<>();
    private final List<Gate.Blocker> blockers = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * @param config the live database's
     * @param from what is copied; null when the copy is there
     * @param into where it is rehearsed
     */
    public Rehearsal(
            LockstepConfig config,
            @Nullable DatabaseConfig from,
            DatabaseConfig into,
            Turns turns,
            ScanProgress progress,
            StopSignal stop) {
        this.config = config;
        this.live = new Database(config.database(), config.name());
        this.source = from == null ? null : new Database(from, config.name());
        this.copyConfig = copyOf(config, into);
        this.copy = new Database(into, copyConfig.name());
        this.turns = turns;
        this.progress = progress;
        this.stop = stop;
    }

    /** A name of its own, for slots and origins are the server's, and no store outside the database: those are live. */
    private static LockstepConfig copyOf(LockstepConfig config, DatabaseConfig into) {
        CutoverConfig cutover = config.cutover();
        return new LockstepConfig(
                config.name() + "_rehearsal",
                into,
                config.mapping().with(List.of()),
                config.run(),
                config.backfill(),
                config.http(),
                config.monitor(),
                config.savepoints(),
                new CutoverConfig(cutover.maxLag(), Duration.ZERO, cutover.evidenceMaxAge(), cutover.conflict()),
                List.of());
    }

    /**
     * Rehearses.
     *
     * @throws LockstepException when it could not be done, of kind WRONG_INPUT before anything is touched
     */
    public RehearsalReport run() throws Exception {
        long began = System.nanoTime();
        CopyCheck check = new CopyCheck(copy, copyConfig.name());
        check.requireOther(live, "the live database, that of the configuration");
        if (source != null) {
            check.requireOther(source, "the database that --copy-from names");
        }
        requireTurnable();
        check.requireFit(source == null ? copyConfig.mapping() : null);
        requireMapped(source == null ? copy : source);
        requireLive();
        if (!config.stores().isEmpty()) {
            notes.add("vectors outside the database are not rehearsed: their stores are live");
        }
        Reading before = read();
        if (stop.pause(LOOK)) {
            throw new InterruptedException("stopped");
        }
        Reading after = read();
        boolean ofNow = source != null && isLive(source, before);
        if (source != null) {
            if (!ofNow) {
                notes.add(
                        source.config().address()
                                + ", which was copied, is neither the live database nor a standby that"
                                + " keeps up with it; its rows are taken for typical ones, the sizes are those of the live database");
            }
            log.info("copying the mapped tables");
            notes.addAll(
                    new TableCopy(source, copy, copyConfig.mapping(), config.name(), copyConfig.name(), stop).run());
            settle();
        }
        Sizes unexpanded = sizes();
        boolean ok;
        try (LockWatch locks = LockWatch.start(copy, copyConfig.name())) {
            ok = steps(check, locks, unexpanded);
        } finally {
            tidy(check);
        }
        RehearsalReport.Live measured = live(before, after, unexpanded, ofNow);
        List<RehearsalReport.Phase> done = List.copyOf(phases.values());
        Forecaster forecaster = new Forecaster(done, measured);
        return new RehearsalReport(
                ok,
                copyConfig.database().address(),
                source == null ? null : source.config().address(),
                version(),
                done,
                measured,
                forecaster.of(done),
                forecaster.assumptions(),
                blockers,
                notes,
                (System.nanoTime() - began) / 1e9,
                Instant.now().toString());
    }

    /** Rows just copied are as they are in a database that has run for a while: seen to be committed, and counted. */
    private void settle() throws SQLException {
        try (Connection connection = copy.open("rehearse")) {
            for (TableName table : copyConfig.mapping().derived()) {
                Handles.tell(connection, handle -> handle.execute("VACUUM (ANALYZE) " + Sql.quote(table)));
            }
        }
    }

    /** Returns whether all went well. */
    private boolean steps(CopyCheck check, LockWatch locks, Sizes unexpanded) throws Exception {
        log.info("expand");
        expander(copy).expand();
        Sizes size = done("expand", locks, unexpanded);
        StopSignal ending = new StopSignal();
        Sidecar sidecar = new Sidecar(copyConfig, copy, new Pulse(), SyncMeter.NONE, progress, ending);
        try (SidecarThread running = SidecarThread.start(sidecar, ending, "rehearse-run")) {
            log.info("backfill");
            awaitBackfill(running);
            size = done("backfill", locks, size);
            log.info("verify");
            VerifyReport verified = turns.verify(copyConfig, copy);
            size = done("verify", locks, size);
            if (!verified.clean()) {
                notes.add(
                        "the verification of the copy found rows out of step, or reads that differ: `lockstep -c ... verify`"
                                + " on the copy, with `name: " + copyConfig.name() + "`, names them");
                return false;
            }
            check.requireNobody();
            log.info("cutover");
            TurnReport turned = turns.cutover(copyConfig, copy);
            running.check();
            if (!turned(turned)) {
                return false;
            }
            size = done("cutover", locks, size);
            check.requireNobody();
            log.info("contract");
            TurnReport ended = turns.contract(copyConfig, copy);
            running.check();
            if (!turned(ended)) {
                return false;
            }
            done("contract", locks, size);
            return true;
        }
    }

    private boolean turned(TurnReport report) {
        blockers.addAll(report.blockers());
        notes.addAll(report.notes());
        return report.turned();
    }

    /** Until every row is in step and what comes after the backfill is built, by what the sidecar itself notes. */
    private void awaitBackfill(SidecarThread running) throws SQLException, InterruptedException {
        PostBackfill indexes = new PostBackfill(
                copy, copyConfig.name(), copyConfig.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
        try (Connection connection = copy.open("rehearse")) {
            for (int step = 1; !costs(connection).containsKey("backfill"); step++) {
                running.check();
                if (running.ended()) {
                    throw LockstepException.notDone(
                            "the rehearsal's run ended by itself; make the copy anew, and rehearse", null);
                }
                if (step % LOOK_AFTER == 0
                        && done(connection)
                        && indexes.unbuilt().isEmpty()) {
                    new StepLog(copyConfig.name()).backfillEnds(connection); // it could not be noted at the time
                }
                if (stop.pause(STEP)) {
                    throw new InterruptedException("stopped");
                }
            }
            new StreamWait(copyConfig.name(), stop)
                    .passed(connection, ServerEnd.read(connection).lsn());
        }
    }

    private boolean done(Connection connection) throws SQLException {
        return Handles.ask(connection, new Scans(copyConfig.name())::backfillDone);
    }

    private Map<String, Cost> costs(Connection connection) throws SQLException {
        return Handles.ask(connection, new StepLog(copyConfig.name())::costs);
    }

    /** Returns how large everything is now. */
    private Sizes done(String phase, LockWatch locks, Sizes before) throws SQLException {
        Sizes now = sizes();
        try (Connection connection = copy.open("rehearse")) {
            Cost cost = Optional.ofNullable(costs(connection).get(phase)).orElse(new Cost(0, 0, 0));
            phases.put(
                    phase,
                    new RehearsalReport.Phase(
                            phase,
                            cost.rows(),
                            cost.seconds(),
                            cost.walBytes(),
                            now.heapBytes() - before.heapBytes(),
                            now.indexBytes() - before.indexBytes(),
                            locks.take()));
        }
        return now;
    }

    private Sizes sizes() throws SQLException {
        try (Connection connection = copy.open("rehearse")) {
            return Handles.ask(connection, handle -> Sizes.read(handle, copyConfig.mapping()));
        }
    }

    /** The slots: they would hold WAL back. The rest of the copy stays, to be looked at. */
    private void tidy(CopyCheck check) {
        try (Connection connection = copy.open("rehearse")) {
            long began = System.nanoTime();
            long left = 1;
            while (left > 0 && System.nanoTime() - began < SLOT_PATIENCE.toNanos()) {
                left = Handles.ask(connection, check::dropSlots);
                if (left > 0) {
                    new StopSignal().pause(STEP); // ours may have been given already
                }
            }
            if (left == 0) {
                return;
            }
        } catch (SQLException | LockstepException e) {
            log.debug("dropping the rehearsal's slots", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.warn(
                "the rehearsal's slot may still hold WAL back on the copy's server: there, SELECT pg_drop_replication_slot('{}')",
                copyConfig.name());
    }

    /** Later it would be the cutover that refuses. */
    private void requireTurnable() {
        for (MappingSpec.Scoped table : config.mapping().tables()) {
            if (table.nullPersona() == NullPersona.CLEAR) {
                throw LockstepException.wrongInput("mapping: " + table.table()
                        + " has nullPersona: clear, with which it cannot be turned; take it out, then rehearse");
            }
        }
    }

    /** What the mapping names has to be there before anything is copied. */
    private void requireMapped(Database database) {
        expander(database).plan();
    }

    /** A copy can be of another database; the forecast is of this one. */
    private void requireLive() throws SQLException {
        try (Connection connection = live.open("rehearse")) {
            for (TableName table : config.mapping().derived()) {
                if (!Handles.ask(connection, handle -> CopyCheck.exists(handle, Sql.quote(table)))) {
                    throw LockstepException.wrongInput("the live database, that of the configuration, has no table "
                            + table + "; correct database.url or the mapping; nothing was touched");
                }
            }
        }
    }

    /** Whether what is copied has at least the rows that the live database had at the {@code first} look; in doubt it has not. */
    private boolean isLive(Database from, Reading first) throws SQLException {
        return switch (Kinship.of(from, live)) {
            case SAME -> true;
            case STANDBY -> wal(from) >= first.wal();
            case NONE -> false;
        };
    }

    private static long wal(Database database) throws SQLException {
        try (Connection connection = database.open("rehearse")) {
            return Handles.ask(connection, Rehearsal::wal);
        }
    }

    private static long wal(Handle handle) {
        return handle.createQuery("SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                        + " ELSE pg_current_wal_lsn() END - '0/0')::bigint")
                .mapTo(Long.class)
                .one();
    }

    private Expander expander(Database database) {
        return new Expander(
                database, copyConfig.name(), copyConfig.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
    }

    private String version() throws SQLException {
        try (Connection connection = copy.open("rehearse")) {
            return connection.getMetaData().getDatabaseProductVersion();
        }
    }

    private record Reading(Sizes sizes, long wal, long nanos) {}

    private Reading read() throws SQLException {
        try (Connection connection = live.open("rehearse")) {
            connection.setReadOnly(true);
            return Handles.ask(
                    connection,
                    handle -> new Reading(Sizes.read(handle, config.mapping()), wal(handle), System.nanoTime()));
        }
    }

    private RehearsalReport.Live live(Reading before, Reading after, Sizes unexpanded, boolean ofNow)
            throws SQLException {
        double seconds = (after.nanos() - before.nanos()) / 1e9;
        List<RehearsalReport.Live.Table> tables = new ArrayList<>();
        try (Connection connection = copy.open("rehearse")) {
            for (TableName table : config.mapping().derived()) {
                Sizes.Size there = size(after.sizes(), table);
                Sizes.Size here = size(unexpanded, table);
                long rows = count(connection, table);
                RowsBy by = ofNow ? RowsBy.COUNT : there.rows() < 0 ? RowsBy.BYTES : RowsBy.STATISTICS;
                double larger = here.heapBytes() == 0 ? 1 : there.heapBytes() / (double) here.heapBytes();
                long expected = switch (by) {
                    case COUNT -> rows;
                    case STATISTICS -> there.rows();
                    case BYTES -> Math.round(rows * larger);
                };
                tables.add(new RehearsalReport.Live.Table(
                        table.toString(), expected, by, there.heapBytes(), rows, here.heapBytes()));
            }
        }
        return new RehearsalReport.Live(
                tables,
                (after.sizes().written() - before.sizes().written()) / seconds,
                (after.wal() - before.wal()) / seconds);
    }

    private static Sizes.Size size(Sizes sizes, TableName table) {
        return Optional.ofNullable(sizes.tables().get(table)).orElse(new Sizes.Size(0, 0, 0, 0));
    }

    private static long count(Connection connection, TableName table) throws SQLException {
        return Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT count(*) FROM " + Sql.quote(table))
                        .mapTo(Long.class)
                        .one());
    }
}
