package dev.lockstep.monitor;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last hour of a process, for the page's charts; in memory, so it begins with the process. Thread-safe. */
public final class History {

    static final Duration STEP = Duration.ofSeconds(5);
    private static final int MOST = (int) (Duration.ofHours(1).toSeconds() / STEP.toSeconds());

    private final Deque<List<@Nullable Double>> points = new ArrayDeque<>();
    private double addedAt;

    /**
     * What the page reads.
     *
     * @param points each of epoch seconds, lag in seconds, lag in bytes, changes and rows a second; null for what is not known
     */
    public record View(long stepSeconds, List<List<@Nullable Double>> points) {}

    /** Adds a point, if the last one is a step away. */
    synchronized void add(double epochSeconds, double lagSeconds, double lagBytes, double changes, double rows) {
        if (epochSeconds - addedAt < STEP.toSeconds() - 0.5) {
            return;
        }
        addedAt = epochSeconds;
        points.addLast(Collections.unmodifiableList(
                Arrays.asList(epochSeconds, known(lagSeconds), known(lagBytes), changes, rows)));
        if (points.size() > MOST) {
            points.removeFirst();
        }
    }

    private static @Nullable Double known(double value) {
        return Double.isNaN(value) ? null : value;
    }

    public synchronized View view() {
        return new View(STEP.toSeconds(), List.copyOf(points));
    }
}
