package dev.lockstep.config;

import java.time.Duration;

/** When the cutover gate opens. */
public record CutoverConfig(Duration maxLag, Duration steady, Duration evidenceMaxAge) {

    public static final CutoverConfig DEFAULT =
            new CutoverConfig(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofHours(1));
}
