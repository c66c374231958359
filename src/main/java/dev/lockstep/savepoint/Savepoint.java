package dev.lockstep.savepoint;

import dev.lockstep.model.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A point of the stream that can be gone back to. Every change committed after {@code at}, and every one after
 * {@code lsn}, is kept behind it.
 *
 * @param slot the replication slot that holds the WAL from there on
 * @param automatic whether the sidecar took it
 * @param lsn null when the server has dropped what it held
 * @param retainedBytes WAL that it holds
 * @param safeBytes WAL that may still be written before the server drops it; null where nothing limits it
 */
public record Savepoint(
        String name,
        String slot,
        boolean automatic,
        Instant at,
        @Nullable Lsn lsn,
        long retainedBytes,
        @Nullable Long safeBytes) {

    /** Whether it can be gone back to. */
    public boolean usable() {
        return lsn != null;
    }
}
