package dev.lockstep.monitor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.config.HttpConfig;
import dev.lockstep.config.MonitorConfig;
import dev.lockstep.model.LockstepException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /metrics}, {@code /health/live}, {@code /health/ready} and {@code /api/status}. */
public final class HttpEndpoints implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(HttpEndpoints.class);
    private static final Duration BIND_EVERY = Duration.ofSeconds(2);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private record Answer(int code, String type, String body) {}

    private interface Page {
        Answer get();
    }

    private final HttpConfig config;
    private final Metrics metrics;
    private final Pulse pulse;
    private final MonitorConfig limits;
    private final Duration mostSilence;
    private final ExecutorService threads = Executors.newFixedThreadPool(2, runnable -> {
        Thread thread = new Thread(runnable, "lockstep-http");
        thread.setDaemon(true);
        return thread;
    });
    private volatile @Nullable HttpServer server;
    private boolean told;

    /** @param heartbeat how often one is sent; liveness ends when several are missing */
    public HttpEndpoints(HttpConfig config, Metrics metrics, Pulse pulse, MonitorConfig limits, Duration heartbeat) {
        this.config = config;
        this.metrics = metrics;
        this.pulse = pulse;
        this.limits = limits;
        this.mostSilence = heartbeat.multipliedBy(6).plusSeconds(30);
    }

    /**
     * Reads the server from now on, binds and serves. A port that is taken is tried again until it is free: by a standby on
     * the same machine it will be, and rows are kept in step without it.
     */
    public void start() {
        metrics.start();
        if (!bind()) {
            Thread again = new Thread(this::bindLater, "lockstep-http-bind");
            again.setDaemon(true);
            again.start();
        }
    }

    private void bindLater() {
        try {
            do {
                Thread.sleep(BIND_EVERY.toMillis());
            } while (!threads.isShutdown() && !bind());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean bind() {
        if (threads.isShutdown()) {
            return true;
        }
        try {
            HttpServer bound = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
            bound.setExecutor(threads);
            page(
                    bound,
                    "/metrics",
                    () -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
            page(bound, "/health/live", this::live);
            page(bound, "/health/ready", this::ready);
            page(bound, "/api/status", this::status);
            bound.start();
            server = bound;
            log.info("http://{}:{} serves /metrics, /health/live, /health/ready, /api/status", config.host(), port());
            return true;
        } catch (IOException e) {
            if (!told) {
                log.warn(
                        "cannot listen on {}:{} ({}); going on without /metrics and /health until it is free; set http.port to"
                                + " another one, or to 0 for any",
                        config.host(),
                        config.port(),
                        e.getMessage());
                told = true;
            }
            return false;
        }
    }

    /** The port that is bound. */
    public int port() {
        HttpServer bound = server;
        return bound == null ? config.port() : bound.getAddress().getPort();
    }

    private Answer live() {
        if (!pulse.leading()) {
            return json(200, Map.of("live", true, "role", "standby"));
        }
        boolean alive = pulse.age().compareTo(mostSilence) < 0;
        return json(
                alive ? 200 : 503,
                Map.of(
                        "live",
                        alive,
                        "role",
                        "leader",
                        "heartbeatAgeSeconds",
                        pulse.age().toSeconds()));
    }

    private Answer ready() {
        double lag = metrics.lagSeconds();
        boolean ready = pulse.streaming() && lag <= limits.maxLag().toSeconds() && metrics.gapsOpen() == 0;
        return json(
                ready ? 200 : 503,
                Map.of("ready", ready, "lagSeconds", Double.isNaN(lag) ? "unknown" : lag, "trouble", pulse.trouble()));
    }

    private Answer status() {
        try {
            return json(200, metrics.status());
        } catch (LockstepException e) {
            return json(503, Map.of("error", String.valueOf(e.getMessage())));
        }
    }

    private static Answer json(int code, Object body) {
        try {
            return new Answer(code, "application/json", JSON.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void page(HttpServer server, String path, Page page) {
        server.createContext(path, exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    send(exchange, new Answer(404, "text/plain", "not found\n"));
                } else if (!exchange.getRequestMethod().equals("GET")) {
                    send(exchange, new Answer(405, "text/plain", "GET only\n"));
                } else {
                    send(exchange, page.get());
                }
            }
        });
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.sendResponseHeaders(answer.code(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public synchronized void close() {
        HttpServer bound = server;
        if (bound != null) {
            bound.stop(0);
        }
        threads.shutdownNow();
    }
}
