package dev.lockstep.monitor;

import java.util.concurrent.atomic.AtomicLong;

/** Counts, and how fast they grew between two looks. Counting is thread-safe, looking belongs to one thread. */
final class Throughput {

    private final AtomicLong count = new AtomicLong();
    private long before;
    private long lookedAt = System.nanoTime();
    private volatile double perSecond;

    void add(long more) {
        count.addAndGet(more);
    }

    long total() {
        return count.get();
    }

    void look() {
        long now = System.nanoTime();
        long total = count.get();
        perSecond = now == lookedAt ? 0 : (total - before) * 1e9 / (now - lookedAt);
        before = total;
        lookedAt = now;
    }

    double perSecond() {
        return perSecond;
    }
}
