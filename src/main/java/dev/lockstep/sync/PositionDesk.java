package dev.lockstep.sync;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.TableName;
import dev.lockstep.state.Census;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.Progress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far everything is done, and what is stored with it: rows written, and rows of legacy writers. Stored this often at
 * most: each write is a row version that a long snapshot keeps alive. Not thread-safe.
 */
final class PositionDesk {

    private static final Duration STORE_EVERY = Duration.ofMillis(100);

    private final Progress positions;
    private final Mapping mapping;
    private final Watermark watermark = new Watermark();
    private final Map<Census.Cell, Census.Count> legacy = new HashMap<>();
    private Lsn durable;
    private Instant lastCommitTime = Instant.EPOCH;
    private long rows;
    private long storedAt = System.nanoTime();

    /** @param start the stored position */
    PositionDesk(Progress positions, Mapping mapping, Lsn start) {
        this.positions = positions;
        this.mapping = mapping;
        this.durable = start;
    }

    /** Takes a batch in; returns where it ends, if a transaction ended in it. */
    Watermark.@Nullable Boundary boundary(Batch batch) {
        Map<TableName, Long> writes = new HashMap<>();
        for (RowChange change : batch.changes()) {
            lastCommitTime = change.commitTime();
            if (change.legacyWrite()) {
                writes.merge(change.table(), 1L, Long::sum);
            }
        }
        writes.keySet().removeIf(table -> mapping.scoped(table).isEmpty());
        writes.forEach((table, count) -> legacy.merge(
                Census.Cell.of(table, lastCommitTime), new Census.Count(count, lastCommitTime), Census.Count::plus));
        Heartbeat.latest(batch.heartbeats()).filter(lastCommitTime::isBefore).ifPresent(sent -> lastCommitTime = sent);
        return batch.boundary() == null ? null : new Watermark.Boundary(batch.boundary(), lastCommitTime);
    }

    /** A batch was worked on; its own rows may wait. */
    void closed(long batch, Watermark.Boundary boundary) {
        watermark.closed(batch, boundary);
    }

    void wrote(long count) {
        rows += count;
    }

    /** Whether the last time is long enough ago. */
    boolean due() {
        return System.nanoTime() - storedAt >= STORE_EVERY.toNanos();
    }

    /** How far it may be stored when {@code oldestHeld} is the oldest batch with a waiting row; null when it need not be. */
    Watermark.@Nullable Boundary safe(long oldestHeld) {
        Watermark.Boundary safe = watermark.advance(oldestHeld);
        return safe == null || (!safe.lsn().isAfter(durable) && rows == 0) ? null : safe;
    }

    /**
     * Stores in the caller's transaction.
     *
     * @param unsettled rows that it wrote itself
     */
    void store(Connection connection, Watermark.Boundary boundary, long unsettled) throws SQLException {
        positions.advance(connection, boundary.lsn(), boundary.commitTime(), rows + unsettled);
        if (!legacy.isEmpty()) {
            positions.census(connection, legacy);
        }
    }

    /** The caller's transaction has committed. */
    void stored(Watermark.Boundary boundary) {
        durable = Lsn.max(durable, boundary.lsn());
        rows = 0;
        legacy.clear();
        storedAt = System.nanoTime();
    }

    Lsn durable() {
        return durable;
    }
}
