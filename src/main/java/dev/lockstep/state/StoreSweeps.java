package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** How far the sweeps of the vector stores are, and what the last whole ones saw. */
public final class StoreSweeps {

    private final String table;
    private final String hints;
    private final String legacy;

    public StoreSweeps(String name) {
        this.hints = Sql.quote(name) + ".vector_hint";
        this.legacy = Sql.quote(name) + ".vector_legacy";
        this.table = Sql.quote(name) + ".vector_store";
    }

    /**
     * One store.
     *
     * @param wanted how many sweeps were wanted so far, {@code served} of them by whole passes
     * @param overflowed whether hints were given up
     * @param passRuns whether a pass is under way, {@code passCursor} being the page it goes on with
     * @param sweptEpoch the last epoch in which a whole pass began
     * @param points seen by the last whole pass, {@code orphaned} of them without their message
     * @param stamped edits ever made
     * @param trouble why the store cannot be reached; empty when it can
     */
    public record Sweep(
            String store,
            long wanted,
            long served,
            boolean overflowed,
            long pass,
            boolean passRuns,
            @Nullable String passCursor,
            long passPoints,
            long sweptEpoch,
            @Nullable Instant sweptAt,
            long points,
            long orphaned,
            long stamped,
            String trouble,
            @Nullable Instant troubleSince) {

        /** Whether nobody has swept what was wanted, or nobody in this epoch. */
        public boolean due(long epoch) {
            return served < wanted || sweptEpoch < epoch;
        }
    }

    /** Adds a store that is not known yet. */
    public void add(Handle handle, String store) {
        handle.createUpdate("INSERT INTO " + table + " (store) VALUES (:store) ON CONFLICT DO NOTHING")
                .bind("store", store)
                .execute();
    }

    /** Forgets every store but these: nobody keeps the others any more. */
    public void keepOnly(Handle handle, List<String> stores) {
        for (String of : List.of(table, hints, legacy)) {
            handle.createUpdate("DELETE FROM " + of + " WHERE store <> ALL (:stores)")
                    .bindArray("stores", String.class, stores)
                    .execute();
        }
    }

    /** Wants a store swept once more. */
    public void want(Handle handle, String store) {
        handle.createUpdate("UPDATE " + table + " SET sweeps_wanted = sweeps_wanted + 1 WHERE store = :store")
                .bind("store", store)
                .execute();
    }

    /** Wants every store swept once more: changes may have been lost. */
    public void wantAll(Handle handle) {
        handle.execute("UPDATE " + table + " SET sweeps_wanted = sweeps_wanted + 1");
    }

    /** Whether nothing waits to be stamped: no hint that was not tried yet, and no sweep. */
    public boolean settled(Handle handle, List<String> stores, long epoch) {
        return handle.createQuery("SELECT count(*) FROM " + table + " s WHERE store = ANY (:stores)"
                                + " AND sweeps_served >= sweeps_wanted AND swept_epoch >= :epoch"
                                + " AND NOT hints_overflowed AND NOT EXISTS (SELECT FROM " + hints
                                + " h WHERE h.store = s.store AND h.tries = 0)")
                        .bindArray("stores", String.class, stores)
                        .bind("epoch", epoch)
                        .mapTo(Long.class)
                        .one()
                == stores.size();
    }

    /** Whether every hint of a store was tried, and none of these messages is to be looked for again. */
    public boolean hintsSettled(Handle handle, String store, Collection<String> messages) {
        return handle.createQuery("SELECT NOT EXISTS (SELECT FROM " + hints + " WHERE store = :store AND tries = 0)"
                        + " AND NOT EXISTS (SELECT FROM " + hints + " WHERE store = :store AND kind = 'message'"
                        + " AND key = ANY (:messages))")
                .bind("store", store)
                .bindArray("messages", String.class, messages.toArray())
                .mapTo(Boolean.class)
                .one();
    }

    /** Begins a pass from the first page. */
    public void begin(Handle handle, String store, long epoch) {
        handle.createUpdate("UPDATE " + table + " SET pass = pass + 1, pass_wanted = sweeps_wanted,"
                        + " pass_epoch = :epoch, pass_cursor = NULL, pass_began_at = clock_timestamp(),"
                        + " pass_points = 0, pass_orphaned = 0 WHERE store = :store")
                .bind("store", store)
                .bind("epoch", epoch)
                .execute();
    }

    /** A page is done. */
    public void advance(Handle handle, String store, String cursor, long points, long orphaned) {
        handle.createUpdate("UPDATE " + table + " SET pass_cursor = :cursor, pass_points = pass_points + :points,"
                        + " pass_orphaned = pass_orphaned + :orphaned WHERE store = :store")
                .bind("store", store)
                .bind("cursor", cursor)
                .bind("points", points)
                .bind("orphaned", orphaned)
                .execute();
    }

    /** The last page is done. */
    public void end(Handle handle, String store, long points, long orphaned) {
        handle.createUpdate("UPDATE " + table + " SET pass_cursor = NULL, pass_began_at = NULL,"
                        + " points = pass_points + :points, orphaned = pass_orphaned + :orphaned,"
                        + " sweeps_served = pass_wanted, swept_epoch = pass_epoch, swept_at = clock_timestamp()"
                        + " WHERE store = :store")
                .bind("store", store)
                .bind("points", points)
                .bind("orphaned", orphaned)
                .execute();
    }

    /** Counts edits that were made. */
    public void stamped(Handle handle, String store, long edits) {
        handle.createUpdate("UPDATE " + table + " SET stamped = stamped + :edits WHERE store = :store")
                .bind("store", store)
                .bind("edits", edits)
                .execute();
    }

    /** Says why a store cannot be reached; an empty text when it can. */
    public void trouble(Handle handle, String store, String why) {
        handle.createUpdate("UPDATE " + table + " SET trouble = :why, trouble_since = CASE WHEN :why = '' THEN NULL"
                        + " ELSE coalesce(trouble_since, clock_timestamp()) END WHERE store = :store"
                        + " AND trouble <> :why")
                .bind("store", store)
                .bind("why", why)
                .execute();
    }

    public Optional<Sweep> read(Handle handle, String store) {
        return all(handle).stream().filter(sweep -> sweep.store().equals(store)).findFirst();
    }

    /** Every store that was ever swept, by name. */
    public List<Sweep> all(Handle handle) {
        return handle.createQuery("SELECT * FROM " + table + " ORDER BY store")
                .map((row, ctx) -> new Sweep(
                        row.getString("store"),
                        row.getLong("sweeps_wanted"),
                        row.getLong("sweeps_served"),
                        row.getBoolean("hints_overflowed"),
                        row.getLong("pass"),
                        row.getTimestamp("pass_began_at") != null,
                        row.getString("pass_cursor"),
                        row.getLong("pass_points"),
                        row.getLong("swept_epoch"),
                        instant(row.getTimestamp("swept_at")),
                        row.getLong("points"),
                        row.getLong("orphaned"),
                        row.getLong("stamped"),
                        row.getString("trouble"),
                        instant(row.getTimestamp("trouble_since"))))
                .list();
    }

    private static @Nullable Instant instant(java.sql.@Nullable Timestamp time) {
        return time == null ? null : time.toInstant();
    }
}
