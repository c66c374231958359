package dev.lockstep.monitor.http;

import dev.lockstep.config.MonitorConfig;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import java.time.Duration;
import java.util.Map;

/** What probes ask. Answers from memory: a server that hangs must not make the probe hang. Thread-safe. */
final class Health {

    private final Metrics metrics;
    private final Pulse pulse;
    private final MonitorConfig limits;
    private final Duration mostSilence;

    record Verdict(boolean well, Map<String, Object> facts) {}

    /** @param mostSilence liveness ends when no heartbeat comes back for so long */
    Health(Metrics metrics, Pulse pulse, MonitorConfig limits, Duration mostSilence) {
        this.metrics = metrics;
        this.pulse = pulse;
        this.limits = limits;
        this.mostSilence = mostSilence;
    }

    /** Several are missing then. */
    static Duration mostSilence(Duration heartbeat) {
        return heartbeat.multipliedBy(6).plusSeconds(30);
    }

    Verdict live() {
        if (!pulse.leading()) {
            return new Verdict(true, Map.of("live", true, "role", "standby"));
        }
        Duration age = pulse.age();
        boolean alive = age.compareTo(mostSilence) < 0;
        return new Verdict(alive, Map.of("live", alive, "role", "leader", "heartbeatAgeSeconds", age.toSeconds()));
    }

    Verdict ready() {
        double lag = metrics.lagSeconds();
        boolean ready = pulse.streaming() && lag <= limits.maxLag().toSeconds() && metrics.gapsOpen() == 0;
        return new Verdict(
                ready,
                Map.of("ready", ready, "lagSeconds", Double.isNaN(lag) ? "unknown" : lag, "trouble", pulse.trouble()));
    }
}
