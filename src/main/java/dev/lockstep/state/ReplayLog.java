package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The replay that runs, or was broken off: it goes on from here. */
public final class ReplayLog {

    private final String table;

    public ReplayLog(String name) {
        this.table = Sql.quote(name) + ".replay_run";
    }

    /**
     * @param request what was asked for, as text: a replay of another request does not go on with this one
     * @param start the savepoint, or the topic of the journal
     * @param journal whether the places are offsets in the journal, else they are LSNs
     * @param at everything before it is done
     * @param changes read so far
     * @param checked rows looked at so far
     * @param mended rows that were out of step
     */
    public record Entry(
            String request,
            String start,
            boolean journal,
            String from,
            String to,
            String at,
            long changes,
            long checked,
            long mended) {

        /** One that begins. */
        public Entry(String request, String start, boolean journal, String from, String to) {
            this(request, start, journal, from, to, from, 0, 0, 0);
        }
    }

    public Optional<Entry> read(Handle handle) {
        return handle.createQuery("SELECT * FROM " + table)
                .map((row, ctx) -> new Entry(
                        row.getString("request"),
                        row.getString("start"),
                        row.getBoolean("journal"),
                        row.getString("from_place"),
                        row.getString("to_place"),
                        row.getString("at_place"),
                        row.getLong("changes"),
                        row.getLong("checked"),
                        row.getLong("mended")))
                .findOne();
    }

    /** Begins another one. */
    public void begin(Handle handle, Entry entry) {
        handle.execute("DELETE FROM " + table);
        handle.createUpdate("INSERT INTO " + table + " (request, start, journal, from_place, to_place, at_place)"
                        + " VALUES (:request, :start, :journal, :from, :to, :from)")
                .bind("request", entry.request())
                .bind("start", entry.start())
                .bind("journal", entry.journal())
                .bind("from", entry.from())
                .bind("to", entry.to())
                .execute();
    }

    /**
     * Counts what was looked at, and says how far everything is done.
     *
     * @param at null when it is not done any further
     */
    public void count(Handle handle, @Nullable String at, long changes, long checked, long mended) {
        handle.createUpdate("UPDATE " + table
                        + " SET changes = changes + :changes, checked = checked + :checked, mended = mended + :mended,"
                        + " at_place = coalesce(:at, at_place)")
                .bind("at", at)
                .bind("mended", mended)
                .bind("changes", changes)
                .bind("checked", checked)
                .execute();
    }

    /** It is over. */
    public void end(Handle handle) {
        handle.execute("DELETE FROM " + table);
    }
}
