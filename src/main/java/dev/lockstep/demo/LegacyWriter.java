package dev.lockstep.demo;

import dev.lockstep.config.DatabaseConfig;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One writer. Open loop: transactions are due by the clock, and those that came late are made up for. Slow transactions
 * have a connection and a thread of their own, one at a time.
 */
final class LegacyWriter {

    private static final int LEAST_HELD_MILLIS = 300;
    private static final int MOST_HELD_MILLIS = 2500;

    private final Random random;
    private final List<LegacyKind> kinds;
    private final LegacySession session;
    private final LegacySession slow;
    private final AtomicBoolean slowOpen = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor clock;
    private final ScheduledThreadPoolExecutor slowClock;

    /** @param kinds picked evenly; name one several times to have it more often */
    LegacyWriter(
            String role,
            DatabaseConfig config,
            DemoSchema.Size size,
            int mostCopied,
            long seed,
            List<LegacyKind> kinds,
            LegacyTally tally) {
        this.random = new Random(seed);
        this.kinds = List.copyOf(kinds);
        RecentIds messages = new RecentIds();
        RecentIds conversations = new RecentIds();
        this.session = new LegacySession(
                role, config, new LegacyStatements(size, mostCopied, random, messages, conversations), tally);
        this.slow = new LegacySession(
                role + "-slow",
                config,
                new LegacyStatements(size, mostCopied, new Random(~seed), messages, conversations),
                tally);
        this.clock = thread(role);
        this.slowClock = thread(role + "-slow");
    }

    private static ScheduledThreadPoolExecutor thread(String name) {
        return new ScheduledThreadPoolExecutor(1, runnable -> {
            Thread thread = new Thread(runnable, "legacy-" + name);
            thread.setDaemon(true);
            return thread;
        });
    }

    ScheduledFuture<?> start(double transactionsPerSecond) {
        return clock.scheduleAtFixedRate(this::turn, 0, (long) (1e9 / transactionsPerSecond), TimeUnit.NANOSECONDS);
    }

    /** Ends after the transaction in hand and the slow one. */
    void stop() throws InterruptedException {
        for (ScheduledThreadPoolExecutor thread : List.of(clock, slowClock)) {
            thread.shutdown();
            if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("a legacy writer hangs");
            }
        }
        session.close();
        slow.close();
    }

    private void turn() {
        LegacyKind kind = kinds.get(random.nextInt(kinds.size()));
        if (kind == LegacyKind.SLOW) {
            int held = random.nextInt(LEAST_HELD_MILLIS, MOST_HELD_MILLIS);
            if (slowOpen.compareAndSet(false, true)) {
                slowClock.execute(() -> hold(held));
            }
        } else if (session.begin(kind)) {
            session.end(kind);
        }
    }

    private void hold(int millis) {
        if (!slow.begin(LegacyKind.SLOW)) {
            slowOpen.set(false);
            return;
        }
        ScheduledFuture<?> unused = slowClock.schedule(this::release, millis, TimeUnit.MILLISECONDS);
    }

    private void release() {
        slow.end(LegacyKind.SLOW);
        slowOpen.set(false);
    }
}
