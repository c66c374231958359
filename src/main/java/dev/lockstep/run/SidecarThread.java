package dev.lockstep.run;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A sidecar on a thread of this process, beside something else. Thread-safe. */
public final class SidecarThread implements AutoCloseable {

    private final StopSignal stop;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    private SidecarThread(Sidecar sidecar, StopSignal stop, String name) {
        this.stop = stop;
        this.thread = new Thread(() -> run(sidecar), name);
    }

    /**
     * Starts it.
     *
     * @param stop the sidecar's
     * @param name of the thread
     */
    public static SidecarThread start(Sidecar sidecar, StopSignal stop, String name) {
        SidecarThread started = new SidecarThread(sidecar, stop, name);
        started.thread.start();
        return started;
    }

    private void run(Sidecar sidecar) {
        try {
            sidecar.run(false);
        } catch (InterruptedException e) {
            failure.compareAndSet(null, LockstepException.notDone("run was interrupted", e));
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Throws what it ended with, if it failed. */
    public void check() {
        Throwable cause = failure.get();
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof RuntimeException exception) {
            throw exception;
        }
    }

    /** Whether it has ended, for whatever reason. */
    public boolean ended() {
        return !thread.isAlive();
    }

    /** Ends it after the batch in hand. */
    @Override
    public void close() {
        stop.request();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
