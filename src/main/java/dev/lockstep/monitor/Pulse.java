package dev.lockstep.monitor;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether the sidecar is alive: a heartbeat of ours that made the whole way through slot and engine, not that the process
 * is up. Thread-safe.
 */
public final class Pulse {

    private final AtomicLong seenAt = new AtomicLong(System.nanoTime());
    private volatile boolean leading;
    private volatile boolean streaming;
    private volatile String trouble = "";

    /** A heartbeat came back. */
    public void beat() {
        seenAt.set(System.nanoTime());
    }

    /** Since the last one came back, or since the start. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - seenAt.get());
    }

    /** Whether this process holds the lease; a standby has no heartbeat and is alive all the same. */
    public void leading(boolean now) {
        leading = now;
    }

    public boolean leading() {
        return leading;
    }

    public void streaming(boolean now) {
        streaming = now;
    }

    public boolean streaming() {
        return streaming;
    }

    /** What stands in the way, one line; empty when nothing does. */
    public void trouble(String line) {
        trouble = line;
    }

    public String trouble() {
        return trouble;
    }
}
