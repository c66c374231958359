package dev.lockstep.model;

import java.time.Duration;

/** How many items one piece of work takes, so that it lasts about as long as wished. Pure; not thread-safe. */
public final class TimedSize {

    private final Duration wished;
    private final int most;
    private int items;

    /**
     * @param first how many the first piece takes
     * @param most never more than this
     */
    public TimedSize(Duration wished, int first, int most) {
        this.wished = wished;
        this.items = first;
        this.most = most;
    }

    public int items() {
        return items;
    }

    /** Follows what {@code done} items took, at most by a factor of two. */
    public void took(int done, Duration time) {
        double ratio = (double) wished.toNanos() / Math.max(1, time.toNanos());
        double next = done * Math.min(2.0, Math.max(0.5, ratio));
        items = (int) Math.min(most, Math.max(1, Math.round(next)));
    }
}
