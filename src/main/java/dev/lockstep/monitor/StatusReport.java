package dev.lockstep.monitor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where everything stands, as {@code status --output json} prints it.
 *
 * @param phase NEW, EXPANDED, SYNCING or CONTRACTED
 * @param backfill one per table that holds rows; done and total in heap blocks
 * @param gaps ever recorded
 * @param gapsOpen not scanned yet
 * @param gapsUnverified not verified clean yet
 * @param rowsStreamed written because of the stream
 * @param rowsScanned written by scans
 * @param drift rows out of step at the last verification, by table
 * @param stores vectors outside the database
 * @param blockers what keeps the rows from being in step, one line each with what to do
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
        List<String> blockers) {

    public StatusReport {
        backfill = List.copyOf(backfill);
        deadLetterExamples = List.copyOf(deadLetterExamples);
        drift = Map.copyOf(drift);
        stores = List.copyOf(stores);
        blockers = List.copyOf(blockers);
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

    /** Who holds the lease. */
    public record Runner(String holder, boolean live, long epoch) {}

    public record Backfill(String table, long done, long total, String state, long rowsWritten, String kind) {}

    public record Letter(String table, String key, String reason, int tries) {}

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
