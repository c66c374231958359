package dev.lockstep.monitor.http;

import dev.lockstep.config.HttpConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Controls;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.time.Duration;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page at {@code /}, {@code /api/…}, {@code /metrics} and {@code /health/…}. A standby serves them, too. */
public final class HttpEndpoints implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(HttpEndpoints.class);
    private static final Duration BIND_EVERY = Duration.ofSeconds(2);
    private static final int MOST_THREADS = 8;
    private static final int IDLE_MILLIS = 60_000;

    private final HttpConfig config;
    private final String schema;
    private final Metrics metrics;
    private final Controls controls;
    private final Health health;
    private final StatusFeed feed;
    private final StopSignal stop = new StopSignal();
    private @Nullable Javalin server;
    private boolean told;

    public HttpEndpoints(LockstepConfig config, Metrics metrics, Pulse pulse, Controls controls) {
        this.config = config.http();
        this.schema = config.database().schema();
        this.metrics = metrics;
        this.controls = controls;
        this.health = new Health(
                metrics,
                pulse,
                config.monitor(),
                Health.mostSilence(config.run().heartbeat()));
        this.feed = new StatusFeed(metrics::live);
    }

    /**
     * Reads the server from now on, binds and serves. A port that is taken is tried again until it is free: by a standby on
     * the same machine it will be, and rows are kept in step without it.
     *
     * @throws LockstepException when other machines could connect and there is no token
     */
    public void start() {
        Access access = Access.of(config);
        metrics.listen(feed);
        metrics.start();
        feed.start();
        if (!bind(access)) {
            Thread again = new Thread(() -> bindLater(access), "lockstep-http-bind");
            again.setDaemon(true);
            again.start();
        }
    }

    private void bindLater(Access access) {
        try {
            while (!stop.pause(BIND_EVERY) && !bind(access)) {
                // somebody has it still
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean bind(Access access) {
        if (stop.requested()) {
            return true;
        }
        QueuedThreadPool threads = threads();
        try {
            server = WebServer.start(config, threads, routes -> route(routes, access, threads));
            log.info("http://{}:{} serves /metrics, /health, /api and the page", config.host(), port());
            return true;
        } catch (JavalinBindException e) {
            if (!told) {
                log.warn(
                        "cannot listen on {}:{} ({}); going on without page, /metrics and /health until it is free; set"
                                + " http.port to another one, or to 0 for any",
                        config.host(),
                        config.port(),
                        reason(e));
                told = true;
            }
            return false;
        }
    }

    private static QueuedThreadPool threads() {
        QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS, 2, IDLE_MILLIS);
        threads.setName("lockstep-http");
        threads.setDaemon(true);
        threads.setStopTimeout(0);
        return threads;
    }

    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private void route(RoutesConfig routes, Access access, QueuedThreadPool threads) {
        routes.before(access::headers);
        routes.before("/api/*", access::host);
        routes.get(
                "/metrics",
                ctx -> ctx.contentType("text/plain; version=0.0.4; charset=utf-8")
                        .result(metrics.scrape()));
        routes.get("/health/live", ctx -> verdict(ctx, health.live()));
        routes.get("/health/ready", ctx -> verdict(ctx, health.ready()));
        routes.get(
                "/api/status", ctx -> ctx.future(() -> feed.read().thenAcceptAsync(json -> json(ctx, json), threads)));
        routes.get("/api/events", feed::subscribe);
        routes.get("/api/history", ctx -> json(ctx, Json.bytes(metrics.history().view())));
        new ControlRoutes(access, controls, feed, schema).addTo(routes);
    }

    private static void verdict(Context ctx, Health.Verdict verdict) {
        ctx.status(verdict.well() ? 200 : 503);
        json(ctx, Json.bytes(verdict.facts()));
    }

    private static void json(Context ctx, byte[] json) {
        ctx.contentType("application/json").result(json);
    }

    /** The port that is bound. */
    public synchronized int port() {
        return server == null ? config.port() : server.port();
    }

    @Override
    public synchronized void close() {
        stop.request();
        metrics.unlisten(feed);
        feed.close();
        if (server != null) {
            server.stop();
        }
    }
}
