package dev.lockstep.demo;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Controls;
import dev.lockstep.monitor.DatabaseControls;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.monitor.http.HttpEndpoints;
import dev.lockstep.run.Sidecar;
import dev.lockstep.run.SidecarThread;

/** What {@code lockstep run} does, on a thread of the demo. */
final class DemoSidecar implements AutoCloseable {

    private final StopSignal stop = new StopSignal();
    private final Metrics metrics;
    private final Latencies latencies;
    private final HttpEndpoints http;
    private final SidecarThread running;

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
        this.running = SidecarThread.start(sidecar, stop, "demo-run");
    }

    static DemoSidecar start(LockstepConfig config, Database database, ScanProgress progress) {
        return new DemoSidecar(config, database, progress);
    }

    /** On the configured port; while that is taken, the demo goes on without. */
    private static HttpEndpoints endpoints(LockstepConfig config, Metrics metrics, Pulse pulse, Controls controls) {
        HttpEndpoints endpoints = new HttpEndpoints(config, metrics, pulse, controls);
        endpoints.start();
        return endpoints;
    }

    /** Throws what it ended with, if it failed. */
    void check() {
        running.check();
    }

    int port() {
        return http.port();
    }

    Latencies latencies() {
        return latencies;
    }

    @Override
    public void close() {
        running.close();
        http.close();
        metrics.close();
    }
}
