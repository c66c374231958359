package dev.lockstep.config;

import java.time.Duration;

/**
 * The stream.
 *
 * @param batchRows most changes applied at once
 * @param poll longest time a change waits to be picked up
 * @param lanes connections that derive rows in parallel
 * @param heartbeat how often a message of ours is sent through the stream and the lease is renewed
 */
public record RunConfig(int batchRows, Duration poll, int lanes, Duration heartbeat) {

    public static final RunConfig DEFAULT = new RunConfig(5000, Duration.ofMillis(5), 2, Duration.ofSeconds(5));
}
