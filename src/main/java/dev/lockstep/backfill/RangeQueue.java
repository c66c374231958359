package dev.lockstep.backfill;

import java.util.Optional;
import java.util.TreeSet;

/** Hands out the ranges of one table to several workers and knows up to where all is done. Thread-safe. */
final class RangeQueue {

    /** Blocks {@code from} inclusive to {@code to} exclusive. */
    record Range(long from, long to) {

        int blocks() {
            return (int) (to - from);
        }
    }

    private final long end;
    private final TreeSet<Long> unfinished = new TreeSet<>();
    private long next;

    RangeQueue(long first, long end) {
        this.next = first;
        this.end = end;
    }

    /** The next range; empty when all have been handed out. */
    synchronized Optional<Range> take(int blocks) {
        if (next >= end) {
            return Optional.empty();
        }
        Range range = new Range(next, Math.min(end, next + blocks));
        next = range.to();
        unfinished.add(range.from());
        return Optional.of(range);
    }

    /** The first block that is not done once {@code range} is. */
    synchronized long doneAfter(Range range) {
        for (long from : unfinished) {
            if (from != range.from()) {
                return from;
            }
        }
        return next;
    }

    /** The first block that is not done. */
    synchronized long done() {
        return unfinished.isEmpty() ? next : unfinished.first();
    }

    synchronized void finished(Range range) {
        unfinished.remove(range.from());
    }
}
