package dev.lockstep.monitor;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;

/** The status as a running process serves it: what anybody could read from the database, and what only it knows. */
public record LiveStatus(@JsonUnwrapped StatusReport status, Own process) {

    /**
     * @param role {@code leader} or {@code standby}
     * @param lagSeconds of the status, grown by the time since it was read; null before the first
     * @param latency from a legacy commit to its row being in step, in the last minutes
     */
    public record Own(
            String role,
            @Nullable Double lagSeconds,
            double heartbeatAgeSeconds,
            Latency latency,
            double changesPerSecond,
            double rowsPerSecond) {}

    /** In seconds; null where nothing was derived. */
    public record Latency(
            @Nullable Double p50,
            @Nullable Double p95,
            @Nullable Double p99) {}
}
