package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The replay that runs, or was broken off: it goes on from here. */
public final class ReplayLog implements Progress {

    private final String table;

    public ReplayLog(String name) {
        this.table = Sql.quote(name) + ".replay";
    }

    /**
     * @param request what was asked for, as text: a replay of another request does not go on with this one
     * @param at everything before it is done
     * @param changes read so far
     * @param checked rows looked at so far
     * @param mended rows that were out of step
     */
    public record Entry(String request, Lsn from, Lsn to, Lsn at, long changes, long checked, long mended) {}

    public Optional<Entry> read(Handle handle) {
        return handle.createQuery("SELECT * FROM " + table)
                .map((row, ctx) -> new Entry(
                        row.getString("request"),
                        Lsn.parse(row.getString("from_lsn")),
                        Lsn.parse(row.getString("to_lsn")),
                        Lsn.parse(row.getString("at_lsn")),
                        row.getLong("changes"),
                        row.getLong("checked"),
                        row.getLong("mended")))
                .findOne();
    }

    /** Begins another one. */
    public void begin(Handle handle, String request, Lsn from, Lsn to) {
        handle.execute("DELETE FROM " + table);
        handle.createUpdate("INSERT INTO " + table + " (request, from_lsn, to_lsn, at_lsn)"
                        + " VALUES (:request, :from::pg_lsn, :to::pg_lsn, :from::pg_lsn)")
                .bind("request", request)
                .bind("from", from.toString())
                .bind("to", to.toString())
                .execute();
    }

    /** Counts what was looked at. */
    public void count(Handle handle, long changes, long checked, long mended) {
        handle.createUpdate("UPDATE " + table
                        + " SET changes = changes + :changes, checked = checked + :checked, mended = mended + :mended")
                .bind("mended", mended)
                .bind("changes", changes)
                .bind("checked", checked)
                .execute();
    }

    /** It is over. */
    public void end(Handle handle) {
        handle.execute("DELETE FROM " + table);
    }

    @Override
    public void advance(Connection connection, Lsn lsn, Instant commitTime, long rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SET LOCAL synchronous_commit = local; UPDATE "
                + table + " SET at_lsn = greatest(at_lsn, ?::pg_lsn)")) {
            statement.setString(1, lsn.toString());
            statement.execute();
        }
    }
}
