package dev.lockstep.run;

import dev.lockstep.model.Lsn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** How fast the server writes WAL: over the last minutes. Not thread-safe. */
final class WalRate {

    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final Duration LEAST = Duration.ofSeconds(3);

    private record Sample(long nanos, Lsn end) {}

    private final Deque<Sample> samples = new ArrayDeque<>();

    /** @param nanos of a clock that never goes back */
    void sample(long nanos, Lsn end) {
        if (!samples.isEmpty() && samples.getLast().end().isAfter(end)) {
            samples.clear(); // another server
        }
        samples.addLast(new Sample(nanos, end));
        while (samples.size() > 2 && nanos - samples.getFirst().nanos() > WINDOW.toNanos()) {
            samples.removeFirst();
        }
    }

    /** In bytes; null before there was time enough. */
    @Nullable
    Double perSecond() {
        if (samples.isEmpty()) {
            return null;
        }
        Sample first = samples.getFirst();
        Sample last = samples.getLast();
        long nanos = last.nanos() - first.nanos();
        return nanos < LEAST.toNanos()
                ? null
                : (last.end().value() - first.end().value()) / (nanos / 1e9);
    }
}
