package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What a slot holds back of the server's WAL. In bytes.
 *
 * @param end where the WAL ends
 * @param heldBytes between there and the oldest that the slot needs
 * @param safeBytes that may still be written before the server drops the slot; null where nothing limits it
 * @param maxWalSize the server's setting
 */
public record SlotHold(Lsn end, long heldBytes, @Nullable Long safeBytes, long maxWalSize) {

    /** Empty when there is no such slot, or it holds nothing any more. */
    public static Optional<SlotHold> read(Handle handle, String slot) {
        return handle.createQuery("SELECT pg_current_wal_lsn()::text,"
                        + " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, safe_wal_size,"
                        + " (SELECT setting::bigint * 1048576 FROM pg_settings WHERE name = 'max_wal_size')"
                        + " FROM pg_replication_slots WHERE slot_name = :slot AND restart_lsn IS NOT NULL")
                .bind("slot", slot)
                .map((row, ctx) -> new SlotHold(
                        Lsn.parse(row.getString(1)), row.getLong(2), row.getObject(3, Long.class), row.getLong(4)))
                .findOne();
    }
}
