package dev.lockstep.cli;

import dev.lockstep.model.StopSignal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGTERM and SIGINT into a request to stop, and ends the process with the command's own exit code instead of 143.
 * Closed when the command has ended.
 */
final class StopOnSignal implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile int exitCode = 3;

    StopOnSignal(StopSignal stop) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (ended.getCount() == 0) {
                return; // the command ended by itself
            }
            stop.request();
            try {
                if (ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    Runtime.getRuntime().halt(exitCode);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(3);
        }));
    }

    /** What the process ends with after a signal. */
    void exitCode(int code) {
        exitCode = code;
    }

    @Override
    public void close() {
        ended.countDown();
    }
}
