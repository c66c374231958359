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
    private long changesThen;
    private long rowsThen;

    /**
     * What the page reads.
     *
     * @param points each of epoch seconds, lag in seconds, lag in bytes, changes and rows a second; null for what is not known
     */
    public record View(long stepSeconds, List<List<@Nullable Double>> points) {}

    /**
     * Adds a point, if the last one is a step away.
     *
     * @param changes since the process began; the point has the rate since the last one
     * @param rows the same
     */
    synchronized void add(double epochSeconds, double lagSeconds, double lagBytes, long changes, long rows) {
        double since = epochSeconds - addedAt;
        if (since < STEP.toSeconds() - 0.5) {
            return;
        }
        double changeRate = points.isEmpty() ? 0 : (changes - changesThen) / since;
        double rowRate = points.isEmpty() ? 0 : (rows - rowsThen) / since;
        addedAt = epochSeconds;
        changesThen = changes;
        rowsThen = rows;
        points.addLast(Collections.unmodifiableList(
                Arrays.asList(epochSeconds, known(lagSeconds), known(lagBytes), changeRate, rowRate)));
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
