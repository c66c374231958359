package dev.lockstep.cutover;

import dev.lockstep.model.Phase;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the gate decides by, as read at one moment.
 *
 * @param phase how far the migration is
 * @param running whether a sidecar holds the lease
 * @param paused whether the operator paused it
 * @param scansOpen tables that are not scanned to the end
 * @param unbuilt indexes that are missing or invalid, and foreign keys that are not valid, as the steps that mend them
 * @param gapsUnverified gaps after which nothing was verified clean
 * @param deadLetters rows set aside
 * @param lag behind the last commit; null when not known
 * @param steadyFor for how long the lag was bearable
 * @param storesBehind vector stores that are away or not swept to the end
 * @param legacyQuietFor since a row of an old writer was last seen; null when none ever was
 * @param evidence the last full verification; null when there is none
 * @param reads the last shadow reads on this server and timeline; null when there were none
 */
public record GateFacts(
        Phase phase,
        boolean running,
        boolean paused,
        long scansOpen,
        List<String> unbuilt,
        long gapsUnverified,
        long deadLetters,
        @Nullable Duration lag,
        Duration steadyFor,
        long storesBehind,
        @Nullable Duration legacyQuietFor,
        @Nullable Evidence evidence,
        @Nullable Reads reads) {

    public GateFacts {
        unbuilt = List.copyOf(unbuilt);
    }

    /**
     * A full verification.
     *
     * @param clean whether every row was in step
     * @param age since it ended
     * @param sameServer whether it was made on this server and timeline
     */
    public record Evidence(boolean clean, Duration age, boolean sameServer) {}

    /**
     * Shadow reads.
     *
     * @param differing rows by which the reads by persona and by agent differed
     * @param age since they were made
     */
    public record Reads(long differing, Duration age) {}
}
