package dev.lockstep.config;

import java.time.Duration;

/** How often a savepoint is taken and how many are kept. */
public record SavepointsConfig(Duration every, int keep) {

    public static final SavepointsConfig DEFAULT = new SavepointsConfig(Duration.ofMinutes(60), 2);
}
