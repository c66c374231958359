package dev.lockstep.model;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asked once, it stays asked; whoever pauses on it wakes at once. Thread-safe. */
public class StopSignal {

    private final CountDownLatch asked = new CountDownLatch(1);

    public void request() {
        asked.countDown();
    }

    public boolean requested() {
        return asked.getCount() == 0;
    }

    /** Waits until stopped. */
    public void await() throws InterruptedException {
        asked.await();
    }

    /** Waits for {@code time}, or until stopped; returns whether it is time to stop. */
    public boolean pause(Duration time) throws InterruptedException {
        return asked.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }
}
