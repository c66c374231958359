package dev.lockstep.monitor.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One listener of events. It takes no thread: what it cannot take yet waits, the newest event in place of an older one, and
 * a client that misses several is let go. Thread-safe.
 */
final class EventClient implements WriteListener {

    static final int MOST_MISSED = 5;

    private final ServletOutputStream out;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private byte @Nullable [] next;
    private boolean open;
    private boolean unflushed;
    private int missed;

    EventClient(ServletOutputStream out) {
        this.out = out;
    }

    /** Completes when the client has gone or was let go. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    synchronized void offer(byte[] event) {
        if (next != null && ++missed >= MOST_MISSED) {
            ended.complete(null);
        }
        next = event;
        write();
    }

    void end() {
        ended.complete(null);
    }

    @Override
    public synchronized void onWritePossible() {
        open = true;
        write();
    }

    @Override
    public void onError(Throwable cause) {
        ended.complete(null);
    }

    private void write() {
        try {
            while (open && !ended.isDone() && (next != null || unflushed) && out.isReady()) {
                byte[] event = next;
                if (event == null) {
                    unflushed = false;
                    out.flush();
                } else {
                    next = null;
                    missed = 0;
                    unflushed = true;
                    out.write(event);
                }
            }
        } catch (IOException e) {
            ended.complete(null); // it has hung up
        }
    }
}
