package dev.lockstep.config;

import java.time.Duration;

/** When lag makes the sidecar not ready. */
public record MonitorConfig(Duration maxLag) {

    public static final MonitorConfig DEFAULT = new MonitorConfig(Duration.ofSeconds(60));
}
