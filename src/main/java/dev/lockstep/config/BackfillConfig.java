package dev.lockstep.config;

import java.time.Duration;

/**
 * The backfill.
 *
 * @param batch how long one transaction should take; the range of blocks follows it
 * @param workers connections that work in parallel
 */
public record BackfillConfig(Duration batch, int workers) {

    public static final BackfillConfig DEFAULT = new BackfillConfig(Duration.ofMillis(200), 1);
}
