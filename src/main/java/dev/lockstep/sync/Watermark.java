package dev.lockstep.sync;

import dev.lockstep.model.Lsn;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How far the position may move: to the last transaction boundary of the batches before the oldest one that still has a
 * row waiting. Not thread-safe.
 */
final class Watermark {

    /**
     * @param lsn every transaction committed at or before it is done
     * @param commitTime commit time of the last of them, if it had changes for us
     */
    record Boundary(Lsn lsn, Instant commitTime) {}

    private record Closed(long batch, Boundary boundary) {}

    private final Deque<Closed> waiting = new ArrayDeque<>();
    private @Nullable Boundary safe;

    /** A batch was worked on; its own rows may wait. */
    void closed(long batch, Boundary boundary) {
        waiting.addLast(new Closed(batch, boundary));
    }

    /** The last safe boundary when the oldest batch with a waiting row is {@code oldestHeld}; null before the first. */
    @Nullable
    Boundary advance(long oldestHeld) {
        while (!waiting.isEmpty() && waiting.getFirst().batch() < oldestHeld) {
            safe = waiting.removeFirst().boundary();
        }
        return safe;
    }
}
