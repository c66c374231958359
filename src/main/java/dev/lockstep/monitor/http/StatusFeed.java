package dev.lockstep.monitor.http;

import dev.lockstep.model.LockstepException;
import dev.lockstep.monitor.Audience;
import dev.lockstep.monitor.LiveStatus;
import io.javalin.http.Context;
import io.javalin.http.ServiceUnavailableResponse;
import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The status for everybody who asks. One thread reads the server, once for all that wait, so that neither a crowd nor a
 * server that hangs takes a thread of the web server. Thread-safe.
 */
final class StatusFeed implements Audience, AutoCloseable {

    static final int MOST_CLIENTS = 32;
    private static final Duration EVERY = Duration.ofSeconds(2);
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Supplier<? extends Object> source;
    private final Set<EventClient> clients = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(runnable -> {
        Thread thread = new Thread(runnable, "lockstep-http-status");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable CompletableFuture<byte[]> asked;
    private volatile long heardAt = System.nanoTime();

    /** @param source reads the server; throws {@link LockstepException} when it cannot */
    StatusFeed(Supplier<? extends Object> source) {
        this.source = source;
    }

    void start() {
        ScheduledFuture<?> unused = clock.scheduleWithFixedDelay(
                this::lookWhenSilent, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public boolean present() {
        return !clients.isEmpty();
    }

    @Override
    public void hear(LiveStatus status) {
        heardAt = System.nanoTime();
        if (present() && !clock.isShutdown()) {
            clock.execute(() -> tell(event("status", Json.bytes(status))));
        }
    }

    /** Nobody reads it any more: the listeners are told why, or are given one. */
    private void lookWhenSilent() {
        if (System.nanoTime() - heardAt > SILENCE.toNanos()) {
            publish();
        }
    }

    /** The status as JSON, of a reading that begins after the call; fails with {@link LockstepException}. */
    synchronized CompletableFuture<byte[]> read() {
        CompletableFuture<byte[]> joined = asked;
        if (joined == null) {
            joined = new CompletableFuture<>();
            asked = joined;
            clock.execute(this::answer);
        }
        return joined.copy().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private void answer() {
        CompletableFuture<byte[]> all;
        synchronized (this) {
            all = asked;
            asked = null;
        }
        if (all != null) {
            try {
                all.complete(Json.bytes(source.get()));
            } catch (RuntimeException e) {
                all.completeExceptionally(e);
            }
        }
    }

    /** Turns the request into a stream of events: now, and at every refresh. */
    void subscribe(Context ctx) throws IOException {
        if (clients.size() >= MOST_CLIENTS) {
            ctx.header("Retry-After", "10");
            throw new ServiceUnavailableResponse(MOST_CLIENTS + " pages are open already; close one");
        }
        ctx.contentType("text/event-stream");
        ctx.header("X-Accel-Buffering", "no");
        ServletOutputStream out = ctx.res().getOutputStream();
        ctx.future(() -> {
            EventClient client = new EventClient(out);
            clients.add(client);
            out.setWriteListener(client);
            refresh();
            return client.ended().whenComplete((nothing, failure) -> clients.remove(client));
        });
    }

    /** Tells every listener at once. */
    void refresh() {
        clock.execute(this::publish);
    }

    private void publish() {
        if (!clients.isEmpty()) {
            tell(event());
        }
    }

    private void tell(byte[] event) {
        clients.forEach(client -> client.offer(event));
    }

    private byte[] event() {
        try {
            return event("status", Json.bytes(source.get()));
        } catch (LockstepException e) {
            return event("trouble", Json.bytes(Map.of("error", String.valueOf(e.getMessage()))));
        }
    }

    private static byte[] event(String name, byte[] json) {
        return ("event: " + name + "\ndata: " + new String(json, StandardCharsets.UTF_8) + "\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        clients.forEach(EventClient::end);
    }
}
