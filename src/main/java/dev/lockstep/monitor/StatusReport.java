package dev.lockstep.monitor;

import dev.lockstep.cutover.Gate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where everything stands, as {@code status --output json} prints it.
 *
 * @param phase NEW, EXPANDED, SYNCING, READY (it may be turned), CUTOVER or CONTRACTED
 * @param backfill one per table that holds rows; done and total in heap blocks
 * @param gaps ever recorded
 * @param gapsOpen not scanned yet
 * @param gapsUnverified not verified clean yet
 * @param rowsStreamed written because of the stream
 * @param rowsScanned written by scans
 * @param drift rows out of step at the last verification, by table
 * @param stores vectors outside the database
 * @param budget of the slot; empty numbers where there is none
 * @param standbys processes that wait for the lease
 * @param evidence of the last verification; null before the first
 * @param census rows from writers who know nothing of agents
 * @param blockers what keeps the rows from being in step, one line each with what to do
 * @param gate what keeps the direction from being turned; empty when it is READY, and when there is nothing to turn
 * @param rehearsal the last one, and what was done of it since; null when there was none
 */
public record StatusReport(
        String name,
        String phase,
        Lag lag,
        Applied applied,
        Slot slot,
        Runner runner,
        List<Backfill> backfill,
        long deadLetters,
        List<Letter> deadLetterExamples,
        long gaps,
        long gapsOpen,
        long gapsUnverified,
        long rowsStreamed,
        long rowsScanned,
        Map<String, Long> drift,
        List<Store> stores,
        Pause pause,
        Budget budget,
        Throttling throttle,
        int standbys,
        List<SavepointLine> savepoints,
        @Nullable Evidence evidence,
        List<Census> census,
        Server server,
        Build build,
        List<String> blockers,
        List<Gate.Blocker> gate,
        @Nullable Rehearsal rehearsal) {

    public StatusReport {
        backfill = List.copyOf(backfill);
        deadLetterExamples = List.copyOf(deadLetterExamples);
        drift = Map.copyOf(drift);
        stores = List.copyOf(stores);
        savepoints = List.copyOf(savepoints);
        census = List.copyOf(census);
        blockers = List.copyOf(blockers);
        gate = List.copyOf(gate);
    }

    /**
     * @param bytes WAL between the server's end and what it has been told is applied
     * @param seconds age of the moment up to which everything committed is applied
     */
    public record Lag(@Nullable Long bytes, @Nullable Double seconds) {}

    public record Applied(@Nullable String lsn, @Nullable String commitTime) {}

    public record Slot(
            String name,
            boolean exists,
            boolean active,
            @Nullable String walStatus,
            @Nullable Long retainedBytes,
            @Nullable Long safeBytes) {}

    /**
     * What was expected of the migration, and what it took.
     *
     * @param at when it was rehearsed
     * @param copy where
     */
    public record Rehearsal(String at, String copy, boolean ok, List<Step> steps) {

        public Rehearsal {
            steps = List.copyOf(steps);
        }

        /**
         * @param expected null when it was not rehearsed to this step
         * @param real null when it was not done yet
         */
        public record Step(
                String phase,
                @Nullable Took expected,
                @Nullable Took real) {}

        /** @param seconds null when it was not expected to end */
        public record Took(
                long rows,
                @Nullable Double seconds,
                @Nullable Long walBytes) {}
    }

    /** Who holds the lease. */
    public record Runner(String holder, boolean live, long epoch) {}

    /**
     * @param done heap blocks, as {@code total}
     * @param secondsLeft at the pace so far; null when it cannot be told
     */
    public record Backfill(
            String table,
            long done,
            long total,
            String state,
            long rowsWritten,
            String kind,
            @Nullable Double secondsLeft) {}

    public record Letter(String table, String key, String reason, int tries) {}

    /**
     * Whether the operator wants nothing to be written.
     *
     * @param since when it began; null when there is none
     * @param ended why the last one ended by itself; empty when it did not
     */
    public record Pause(boolean active, @Nullable String since, String by, String ended) {}

    /** As {@link dev.lockstep.model.WalBudget}, which see. */
    public record Budget(
            String source,
            @Nullable Long limitBytes,
            @Nullable Long usedBytes,
            @Nullable Long leftBytes,
            @Nullable Double usedPercent,
            @Nullable Double walBytesPerSecond,
            @Nullable Double pauseSeconds,
            String text) {}

    /**
     * What becomes of work that can wait.
     *
     * @param level {@code free}, {@code slow} or {@code stopped}
     * @param by the signal that is furthest beyond its limit; empty when none is
     */
    public record Throttling(String level, String by, List<Signal> signals) {

        public Throttling {
            signals = List.copyOf(signals);
        }

        /** One signal and its limit. */
        public record Signal(String name, double value, double limit) {}
    }

    /** @param lsn null when the server has dropped what it held */
    public record SavepointLine(
            String name, @Nullable String lsn, String at, boolean automatic, long retainedBytes, boolean usable) {}

    /** What the last verification found. */
    public record Evidence(String kind, boolean clean, String endedAt, String asOf) {}

    /**
     * Rows of a table from writers who know nothing of agents, in the hours that had any.
     *
     * @param writes in the last 24 such hours
     */
    public record Census(String table, long writes, String lastSeen, List<Hour> perHour) {

        public Census {
            perHour = List.copyOf(perHour);
        }

        public record Hour(String hour, long writes) {}
    }

    public record Server(
            @Nullable String version,
            @Nullable String systemId,
            @Nullable Integer timeline) {}

    public record Build(String version, String java) {}

    /**
     * A vector store outside the database.
     *
     * @param points seen by the last whole sweep
     * @param waiting messages and conversations whose points have to be looked at
     * @param waitingSeconds how long the oldest of them waits
     * @param legacyByAge points whose conversation is not known: up to an hour, a day, a week, and older
     * @param orphaned seen by the last whole sweep
     * @param stamped points written ever
     * @param sweepDue whether a sweep is wanted or under way, {@code sweepPoints} of it done
     * @param sweptAt when the last whole sweep ended
     * @param trouble why it cannot be reached; empty when it can
     */
    public record Store(
            String store,
            long points,
            long waiting,
            @Nullable Double waitingSeconds,
            Map<String, Long> legacyByAge,
            long orphaned,
            long stamped,
            boolean sweepDue,
            long sweepPoints,
            @Nullable String sweptAt,
            String trouble) {

        public Store {
            legacyByAge = Collections.unmodifiableMap(new LinkedHashMap<>(legacyByAge));
        }

        /** Points whose conversation is not known. */
        public long legacy() {
            return legacyByAge.values().stream().mapToLong(Long::longValue).sum();
        }
    }
}
