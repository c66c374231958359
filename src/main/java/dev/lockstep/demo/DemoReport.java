package dev.lockstep.demo;

import dev.lockstep.verify.VerifyReport;
import org.jspecify.annotations.Nullable;

/**
 * What the demo came to, as {@code demo --output json} prints it.
 *
 * @param ok no row is out of step, by the verification and by a join of the demo's own; nothing was set aside; no gap
 * @param legacy what the writers did
 * @param outOfStep rows, by a plain SQL join
 * @param turn the second half; null when the demo stays up
 */
public record DemoReport(
        boolean ok,
        String server,
        DemoSchema.Size size,
        Backfill backfill,
        Stream stream,
        LegacyCounts legacy,
        double catchUpSeconds,
        VerifyReport verify,
        OutOfStep outOfStep,
        long gaps,
        long deadLetters,
        @Nullable Turn turn,
        double seconds) {

    /**
     * @param written rows of a migrated service beside it
     * @param outOfStep rows at the end, in either direction, by a plain SQL join
     */
    public record Turn(long written, long outOfStep, String phase, double seconds) {}

    /** Rows that were there before the stream. */
    public record Backfill(long rows, double seconds) {}

    /**
     * Some seconds of writers and stream side by side, after the backfill.
     *
     * @param rows put in step
     * @param p50Millis from the legacy commit to the row in step, every change counted
     */
    public record Stream(long rows, double transactionsPerSecond, double p50Millis, double p99Millis) {}

    /**
     * @param before after expand
     * @param after at the end
     */
    public record OutOfStep(long before, long after) {}
}
