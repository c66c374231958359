package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.Position;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** How far the stream has been applied. Only ever moves forward, but for a gap, which starts it anew. */
public final class Positions implements Progress {

    private final String table;
    private final Census census;

    public Positions(String name) {
        this.table = Sql.quote(name) + ".position";
        this.census = new Census(name);
    }

    /** The position and what was counted with it. */
    public record Stored(Position position, Instant movedAt, long rowsStreamed) {}

    public Optional<Stored> read(Handle handle) {
        return handle.createQuery(
                        "SELECT lsn::text, system_id, timeline, commit_time, moved_at, rows_streamed FROM " + table)
                .map((row, ctx) -> new Stored(
                        new Position(
                                Lsn.parse(row.getString("lsn")),
                                row.getLong("system_id"),
                                row.getInt("timeline"),
                                row.getTimestamp("commit_time").toInstant()),
                        row.getTimestamp("moved_at").toInstant(),
                        row.getLong("rows_streamed")))
                .findOne();
    }

    /** What {@link #opened} was last told; empty when nothing since the stream began. */
    public String openedOn(Handle handle) {
        return handle.createQuery("SELECT opened_on FROM " + table)
                .mapTo(String.class)
                .findOne()
                .orElse("");
    }

    /** Remembers what the stream was opened on. */
    public void opened(Handle handle, String on) {
        handle.createUpdate("UPDATE " + table + " SET opened_on = :on WHERE opened_on <> :on")
                .bind("on", on)
                .execute();
    }

    /**
     * Moves forward in the caller's transaction, and makes its commit wait for the disk: what is stored here is
     * acknowledged. That flushes every commit before it, too.
     */
    @Override
    public void advance(Connection connection, Lsn lsn, Instant commitTime, long rowsStreamed) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SET LOCAL synchronous_commit = local; UPDATE " + table
                        + " SET lsn = greatest(lsn, ?::pg_lsn), commit_time = greatest(commit_time, ?), moved_at = clock_timestamp(),"
                        + " rows_streamed = rows_streamed + ?")) {
            statement.setString(1, lsn.toString());
            statement.setTimestamp(2, Timestamp.from(commitTime));
            statement.setLong(3, rowsStreamed);
            statement.execute();
        }
    }

    @Override
    public void census(Connection connection, Map<Census.Cell, Census.Count> counts) throws SQLException {
        census.add(connection, counts);
    }

    /** Starts anew after a gap. */
    public void restart(Handle handle, Position position) {
        handle.createUpdate("INSERT INTO " + table + " AS p (lsn, system_id, timeline, commit_time)"
                        + " VALUES (:lsn::pg_lsn, :system, :timeline, :time) ON CONFLICT (one) DO UPDATE SET"
                        + " lsn = excluded.lsn, system_id = excluded.system_id, timeline = excluded.timeline,"
                        + " commit_time = excluded.commit_time, moved_at = clock_timestamp(), opened_on = ''")
                .bind("lsn", position.lsn().toString())
                .bind("system", position.systemId())
                .bind("timeline", position.timeline())
                .bind("time", Timestamp.from(position.commitTime()))
                .execute();
    }
}
