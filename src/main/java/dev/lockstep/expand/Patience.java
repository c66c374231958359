package dev.lockstep.expand;

import java.time.Duration;

/**
 * How long to try.
 *
 * @param lockTimeout longest wait for one lock; while we wait, writers queue behind us, and below the server's
 *     {@code deadlock_timeout} (1 s) no writer is ever the victim of a deadlock with us
 * @param attempts how often a step is tried in all
 * @param firstPause wait before the second attempt; it doubles, and half of it is drawn by lot
 * @param longestPause the wait grows no further
 * @param slotTimeout longest wait for the older transactions that a new slot waits for
 */
public record Patience(
        Duration lockTimeout, int attempts, Duration firstPause, Duration longestPause, Duration slotTimeout) {

    public static final Patience DEFAULT = new Patience(
            Duration.ofMillis(500), 15, Duration.ofMillis(250), Duration.ofSeconds(8), Duration.ofSeconds(60));

    public Patience {
        if (attempts < 1) {
            throw new IllegalArgumentException("at least one attempt");
        }
    }

    Patience withLockTimeout(Duration other) {
        return new Patience(other, attempts, firstPause, longestPause, slotTimeout);
    }

    /** @param lot between 0 and 1 */
    Duration pauseAfter(int attempt, double lot) {
        long doubled = firstPause.toMillis() << Math.min(attempt - 1, 20);
        long full = Math.min(doubled, longestPause.toMillis());
        return Duration.ofMillis(full / 2 + (long) (full / 2.0 * lot));
    }
}
