package dev.lockstep.demo;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Controls;
import dev.lockstep.monitor.DatabaseControls;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.monitor.http.HttpEndpoints;
import dev.lockstep.run.Sidecar;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What {@code lockstep run} does, on a thread of the demo. */
final class DemoSidecar implements AutoCloseable {

    private final StopSignal stop = new StopSignal();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final Metrics metrics;
    private final Latencies latencies;
    private final HttpEndpoints http;
    private final Thread thread;

    private DemoSidecar(LockstepConfig config, Database database, ScanProgress progress) {
        Pulse pulse = new Pulse();
        this.metrics = new Metrics(database, config, pulse);
        this.latencies = new Latencies(metrics.sync());
        this.http = endpoints(config, metrics, pulse, new DatabaseControls(database, config.name()));
        ScanProgress scans = metrics.scans();
        Sidecar sidecar = new Sidecar(
                config,
                database,
                pulse,
                latencies,
                (leaf, done, total, rows) -> {
                    scans.step(leaf, done, total, rows);
                    progress.step(leaf, done, total, rows);
                },
                stop);
        this.thread = new Thread(() -> run(sidecar), "demo-run");
    }

    static DemoSidecar start(LockstepConfig config, Database database, ScanProgress progress) {
        DemoSidecar started = new DemoSidecar(config, database, progress);
        started.thread.start();
        return started;
    }

    /** On the configured port; while that is taken, the demo goes on without. */
    private static HttpEndpoints endpoints(LockstepConfig config, Metrics metrics, Pulse pulse, Controls controls) {
        HttpEndpoints endpoints = new HttpEndpoints(config, metrics, pulse, controls);
        endpoints.start();
        return endpoints;
    }

    private void run(Sidecar sidecar) {
        try {
            sidecar.run(false);
        } catch (InterruptedException e) {
            failure.compareAndSet(null, LockstepException.notDone("run was interrupted", e));
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Throws what it ended with, if it ended by itself. */
    void check() {
        RuntimeException cause = failure.get();
        if (cause != null) {
            throw cause;
        }
    }

    int port() {
        return http.port();
    }

    Latencies latencies() {
        return latencies;
    }

    @Override
    public void close() {
        stop.request();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.close();
        metrics.close();
    }
}
