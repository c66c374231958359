package dev.lockstep.expand;

import java.time.Duration;

/** How a retry waits. */
@FunctionalInterface
public interface Sleeper {

    void sleep(Duration time) throws InterruptedException;

    /** The real one. */
    static Sleeper real() {
        return time -> Thread.sleep(time.toMillis());
    }
}
