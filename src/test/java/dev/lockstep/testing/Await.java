package dev.lockstep.testing;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for a condition, with a deadline that says what was waited for. */
public final class Await {

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();
    private static final CountDownLatch NEVER = new CountDownLatch(1);

    private Await() {}

    /** What is waited for. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    @SuppressWarnings("try") // it is the scope that counts
    public static void until(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        long asked = System.nanoTime();
        try (TestDatabase.Kept connections = TestDatabase.keepConnections()) {
            while (!condition.holds()) {
                long now = System.nanoTime();
                // a condition that takes long is asked half of the time at most: what it waits for needs the processor,
                // too
                if (now > deadline || NEVER.await(Math.max(PAUSE_NANOS, now - asked), TimeUnit.NANOSECONDS)) {
                    throw new AssertionError("not within " + DEADLINE.toSeconds() + " s: " + what);
                }
                asked = System.nanoTime();
            }
        }
    }

    /** Holds up a thread of the product until the test lets it go, whatever interrupts it. */
    public static void uninterruptibly(CountDownLatch released) {
        boolean interrupted = false;
        while (released.getCount() > 0) {
            try {
                released.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
