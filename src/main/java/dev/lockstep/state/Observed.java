package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What the runner saw and nobody else can know. Written only when it differs: a quiet database stays quiet. */
public final class Observed {

    private final String table;

    public Observed(String name) {
        this.table = Sql.quote(name) + ".observed";
    }

    /**
     * @param walBytesPerSecond of the last minutes; null when not known yet
     * @param freeDiskBytes of the server's WAL, where the runner can see it
     */
    public record Seen(
            @Nullable Double walBytesPerSecond, @Nullable Long freeDiskBytes) {}

    /** The lag is beyond what a cutover bears, or nobody watched it until now. */
    public void lagBeyond(Handle handle) {
        handle.execute("UPDATE " + table + " SET lag_beyond_at = clock_timestamp()");
    }

    /** For how many seconds it has not been. */
    public double lagSteadySeconds(Handle handle) {
        return handle.createQuery(
                        "SELECT coalesce(extract(epoch FROM clock_timestamp() - lag_beyond_at), 0)::float8 FROM "
                                + table)
                .mapTo(Double.class)
                .one();
    }

    public Seen read(Handle handle) {
        return handle.createQuery("SELECT wal_bytes_per_second, wal_free_disk_bytes FROM " + table)
                .map((row, ctx) -> new Seen(row.getObject(1, Double.class), row.getObject(2, Long.class)))
                .one();
    }

    /** Both in bytes; written when either moved by a tenth. */
    public void wal(Handle handle, @Nullable Double bytesPerSecond, @Nullable Long freeDisk) {
        handle.createUpdate("UPDATE " + table + " SET wal_bytes_per_second = :rate, wal_free_disk_bytes = :disk"
                        + " WHERE (wal_bytes_per_second IS NULL) <> (CAST(:rate AS float8) IS NULL)"
                        + " OR (wal_free_disk_bytes IS NULL) <> (CAST(:disk AS bigint) IS NULL)"
                        + " OR abs(wal_bytes_per_second - :rate) > 0.1 * greatest(wal_bytes_per_second, :rate) + 64"
                        + " OR abs(wal_free_disk_bytes - :disk) > 0.1 * wal_free_disk_bytes")
                .bind("rate", bytesPerSecond)
                .bind("disk", freeDisk)
                .execute();
    }
}
