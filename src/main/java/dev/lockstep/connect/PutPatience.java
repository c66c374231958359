package dev.lockstep.connect;

import dev.lockstep.model.StopSignal;
import java.time.Duration;

/**
 * Ends a retry that has gone on for too long: the worker has to hear of a task before its consumer is taken for dead.
 * What was stopped is delivered again. Used by one thread.
 */
final class PutPatience extends StopSignal {

    private final Duration limit;
    private long began = System.nanoTime();

    PutPatience(Duration limit) {
        this.limit = limit;
    }

    /** A new call begins. */
    void begin() {
        began = System.nanoTime();
    }

    @Override
    public boolean requested() {
        return super.requested() || left() <= 0;
    }

    @Override
    public boolean pause(Duration time) throws InterruptedException {
        long nanos = Math.min(time.toNanos(), left());
        return super.pause(Duration.ofNanos(Math.max(0, nanos))) || left() <= 0;
    }

    private long left() {
        return limit.toNanos() - (System.nanoTime() - began);
    }
}
