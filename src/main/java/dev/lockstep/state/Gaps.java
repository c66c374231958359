package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What could have been lost: recorded, then the stream restored (a new slot), then every table scanned, then verified
 * clean. A gap is open until it is scanned.
 */
public final class Gaps {

    private final String table;

    public Gaps(String name) {
        this.table = Sql.quote(name) + ".gap";
    }

    /** Records a gap, or adds the reason to the one whose stream is not restored yet; returns its id. */
    public long record(Handle handle, String reason, String detail, @Nullable Lsn from) {
        Optional<Long> unfinished = unrestored(handle);
        if (unfinished.isPresent()) {
            return unfinished.get();
        }
        return handle.createQuery("INSERT INTO " + table
                        + " (reason, detail, from_lsn) VALUES (:reason, :detail, :from::pg_lsn) RETURNING id")
                .bind("reason", reason)
                .bind("detail", detail)
                .bind("from", from == null ? null : from.toString())
                .mapTo(Long.class)
                .one();
    }

    /** The gap whose slot has not been made anew yet. */
    public Optional<Long> unrestored(Handle handle) {
        return handle.createQuery("SELECT max(id) FROM " + table + " WHERE stream_restored_at IS NULL")
                .mapTo(Long.class)
                .findOne();
    }

    public void restored(Handle handle, long id, Lsn to) {
        handle.createUpdate("UPDATE " + table
                        + " SET stream_restored_at = clock_timestamp(), to_lsn = :to::pg_lsn WHERE id = :id")
                .bind("id", id)
                .bind("to", to.toString())
                .execute();
    }

    /** Closes every gap all of whose scans are done. */
    public void closeScanned(Handle handle, String name) {
        handle.execute("UPDATE " + table + " g SET scanned_at = clock_timestamp() WHERE stream_restored_at IS NOT NULL"
                + " AND scanned_at IS NULL AND NOT EXISTS (SELECT FROM " + Sql.quote(name)
                + ".scan s WHERE s.gap_id = g.id AND s.state <> 'done')");
    }

    /** A clean verification that began after a gap was scanned settles it. */
    public void verified(Handle handle, java.time.Instant began) {
        handle.createUpdate("UPDATE " + table
                        + " SET verified_at = clock_timestamp() WHERE verified_at IS NULL AND scanned_at <= :began")
                .bind("began", java.sql.Timestamp.from(began))
                .execute();
    }

    /**
     * @param total gaps ever recorded
     * @param open not scanned yet
     * @param unverified not verified clean yet
     */
    public record Counts(long total, long open, long unverified) {}

    public Counts counts(Handle handle) {
        return handle.createQuery("SELECT count(*), count(*) FILTER (WHERE scanned_at IS NULL),"
                        + " count(*) FILTER (WHERE verified_at IS NULL) FROM " + table)
                .map((row, ctx) -> new Counts(row.getLong(1), row.getLong(2), row.getLong(3)))
                .one();
    }
}
