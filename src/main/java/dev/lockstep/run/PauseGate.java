package dev.lockstep.run;

import dev.lockstep.model.StopSignal;
import java.time.Duration;

/** Holds up whatever writes while the operator has paused it; asked between two batches, never inside one. Thread-safe. */
final class PauseGate {

    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private volatile boolean closed = true; // until it has been asked whether there is a pause

    /** Whether the operator wants a pause now. */
    void closed(boolean now) {
        closed = now;
    }

    boolean closed() {
        return closed;
    }

    /**
     * Returns when there is no pause.
     *
     * @param waiting done now and then meanwhile
     * @throws InterruptedException when stopped
     */
    void await(Runnable waiting, StopSignal stop) throws InterruptedException {
        while (closed) {
            waiting.run();
            if (stop.pause(LOOK_EVERY)) {
                throw new InterruptedException("stopped");
            }
        }
    }
}
