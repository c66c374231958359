package dev.lockstep.monitor.http;

import dev.lockstep.config.HttpConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.MonitorConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.DatabaseControls;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.run.Sidecar;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import java.time.Duration;

/** What {@code lockstep run} is made of, on an expanded database, with a token. */
final class ServedSidecar implements AutoCloseable {

    static final String TOKEN = "open-sesame-4711";

    private final SidecarHarness harness;
    private final LockstepConfig config;
    private final Pulse pulse = new Pulse();
    private final StopSignal stop = new StopSignal();
    private final Metrics metrics;
    private final HttpEndpoints http;
    private final Thread sidecar;

    private ServedSidecar(SidecarHarness harness, HttpConfig http) {
        this.harness = harness;
        this.config = with(http, harness.config());
        Database database = harness.lockstep();
        this.metrics = new Metrics(database, config, pulse);
        this.http = new HttpEndpoints(config, metrics, pulse, new DatabaseControls(database, config.name()));
        this.sidecar = new Thread(
                () -> {
                    try {
                        new Sidecar(config, database, pulse, metrics.sync(), metrics.scans(), stop).run(false);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "served-sidecar");
    }

    /** Serves on a free port of the loopback interface; nothing runs yet. */
    static ServedSidecar on(TestDatabase database, LegacySchema schema) {
        ServedSidecar served = new ServedSidecar(
                SidecarHarness.expanded(database, schema.spec()), new HttpConfig("127.0.0.1", 0, TOKEN));
        served.http.start();
        return served;
    }

    private static LockstepConfig with(HttpConfig http, LockstepConfig config) {
        return new LockstepConfig(
                config.name(),
                config.database(),
                config.mapping(),
                config.run(),
                config.backfill(),
                http,
                config.monitor(),
                config.savepoints(),
                config.cutover());
    }

    /** More endpoints beside its own, with settings of their own; the caller closes them. */
    HttpEndpoints endpoints(HttpConfig settings) {
        HttpEndpoints more = new HttpEndpoints(
                with(settings, config), metrics, pulse, new DatabaseControls(harness.lockstep(), config.name()));
        more.start();
        return more;
    }

    /** As the endpoints judge it, by other limits. */
    Health health(Duration maxLag, Duration mostSilence) {
        return new Health(metrics, pulse, new MonitorConfig(maxLag), mostSilence);
    }

    Pulse pulse() {
        return pulse;
    }

    ServedSidecar run() {
        sidecar.start();
        return this;
    }

    String name() {
        return config.name();
    }

    SidecarHarness harness() {
        return harness;
    }

    int port() {
        return http.port();
    }

    String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    @Override
    public void close() {
        stop.request();
        try {
            sidecar.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.close();
        metrics.close();
        harness.close();
    }
}
