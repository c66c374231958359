package dev.lockstep.rehearse;

import dev.lockstep.cutover.Gate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a rehearsal. Sizes are in bytes, times in seconds.
 *
 * @param ok whether every step came to its end, and every row was in step
 * @param copy address of the database it was done in
 * @param copiedFrom address of the one that was copied; null when the copy was there already
 * @param serverVersion of the copy's server
 * @param phases what each step took, in order; those that were not reached are not there
 * @param live what the forecast rests on
 * @param forecast what each step will take on the live database
 * @param assumptions the forecast's
 * @param blockers what would keep the real run from going on
 * @param notes what the operator should know
 * @param at when it ended, by ISO 8601
 */
public record RehearsalReport(
        boolean ok,
        String copy,
        @Nullable String copiedFrom,
        String serverVersion,
        List<Phase> phases,
        Live live,
        List<Forecast> forecast,
        List<String> assumptions,
        List<Gate.Blocker> blockers,
        List<String> notes,
        double seconds,
        String at) {

    public RehearsalReport {
        phases = List.copyOf(phases);
        forecast = List.copyOf(forecast);
        assumptions = List.copyOf(assumptions);
        blockers = List.copyOf(blockers);
        notes = List.copyOf(notes);
    }

    /**
     * What a step took.
     *
     * @param phase expand, backfill, verify, cutover or contract
     * @param rows written; of a verification, compared
     * @param walBytes that the server wrote meanwhile; not counted of a verification, which writes none of its own
     * @param heapBytes growth of the mapped tables with their TOAST, of Agents and memory roots
     * @param indexBytes growth of their indexes
     * @param waits for locks
     */
    public record Phase(
            String phase,
            long rows,
            double seconds,
            long walBytes,
            long heapBytes,
            long indexBytes,
            List<LockWait> waits) {

        public Phase {
            waits = List.copyOf(waits);
        }
    }

    /**
     * A kind of lock that was waited for.
     *
     * @param lock its mode, and the table
     * @param times how often, as far as seen: a wait shorter than a tenth of a second may be missed
     */
    public record LockWait(String lock, int times, double longestSeconds) {}

    /**
     * The live database.
     *
     * @param writesPerSecond rows inserted, updated and deleted in the mapped tables
     * @param walBytesPerSecond of the whole server
     */
    public record Live(List<Table> tables, double writesPerSecond, double walBytesPerSecond) {

        public Live {
            tables = List.copyOf(tables);
        }

        /** Where a number of rows is from. */
        public enum RowsBy {
            /** Counted in a copy that was made just now. */
            COUNT,
            /** The live server's estimate. */
            STATISTICS,
            /** It has none: as many more than in the copy as there are bytes more. */
            BYTES
        }

        public record Table(
                String table, long rows, RowsBy rowsBy, long heapBytes, long rowsInCopy, long heapBytesInCopy) {}
    }

    /**
     * @param seconds null when it would never come to its end
     * @param walBytes with what the live database writes by itself meanwhile; null as above
     */
    public record Forecast(
            String phase,
            long rows,
            @Nullable Double seconds,
            @Nullable Long walBytes,
            long heapBytes,
            long indexBytes) {}
}
