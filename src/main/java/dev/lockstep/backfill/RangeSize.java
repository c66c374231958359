package dev.lockstep.backfill;

import java.time.Duration;

/** How many heap blocks one transaction takes, so that it lasts about as long as wished. Pure; not thread-safe. */
final class RangeSize {

    private static final int FIRST = 64;
    private static final int MOST = 1 << 16;

    private final Duration wished;
    private int blocks = FIRST;

    RangeSize(Duration wished) {
        this.wished = wished;
    }

    int blocks() {
        return blocks;
    }

    /** Follows what {@code done} blocks took, at most by a factor of two. */
    void took(int done, Duration time) {
        double ratio = (double) wished.toNanos() / Math.max(1, time.toNanos());
        double next = done * Math.min(2.0, Math.max(0.5, ratio));
        blocks = (int) Math.min(MOST, Math.max(1, Math.round(next)));
    }
}
