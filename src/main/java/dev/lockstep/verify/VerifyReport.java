package dev.lockstep.verify;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found, as {@code verify --output json} prints it. No row's content, keys only.
 *
 * @param clean nothing is out of step, and whatever was read both ways was the same
 * @param asOf LSN of the snapshot that was compared
 * @param streamWaited whether a running sidecar was waited for, so that rows under way do not count
 * @param vectors what is known of the vectors' tables among {@code tables}
 * @param stores vectors outside the database
 * @param reads what shadow reads found; null when there were none
 * @param repaired rows written by {@code --repair}
 * @param unsettled rows that changed faster than they could be looked at; not counted as out of step
 */
public record VerifyReport(
        boolean clean,
        String asOf,
        boolean streamWaited,
        List<Table> tables,
        List<Vectors> vectors,
        List<Store> stores,
        Agents agents,
        @Nullable ReadReport reads,
        long deadLetters,
        long repaired,
        long unsettled,
        double seconds) {

    public VerifyReport {
        tables = List.copyOf(tables);
        vectors = List.copyOf(vectors);
        stores = List.copyOf(stores);
    }

    /**
     * @param missing a persona without its agent
     * @param wrong another agent than the persona's
     * @param hashWrong the hash is not that of the content
     * @param examples some of the keys
     * @param hash over all rows' keys and derived columns, in hex: the same for the same rows, wherever they lie
     */
    public record Table(
            String table, long rows, long missing, long wrong, long hashWrong, List<String> examples, String hash) {

        public Table {
            examples = List.copyOf(examples);
        }

        /** Whether all of its rows are in step. */
        public boolean clean() {
            return missing == 0 && wrong == 0 && hashWrong == 0;
        }
    }

    /**
     * Vectors that are in step and yet worth a look; none of this is drift.
     *
     * @param legacy their conversation is not known
     * @param orphaned their message, or its conversation, was deleted
     * @param duplicates the same agent, conversation and hash as another one
     */
    public record Vectors(String table, long legacy, long orphaned, long duplicates) {}

    /**
     * A store outside the database.
     *
     * @param points seen by a scroll without a filter
     * @param missing points without an agent or a conversation that they should have
     * @param wrong points out of step otherwise
     * @param orphaned their message, or its conversation, was deleted
     * @param legacy their conversation is not known
     * @param legacyByAge the same, as the running sidecar noted them: up to an hour, a day, a week, and older
     * @param indexAgrees whether the store's own counts, with a filter and without, are those of the scroll
     * @param examples some of the ids out of step
     * @param trouble why it could not be compared; empty when it could
     */
    public record Store(
            String store,
            long points,
            long missing,
            long wrong,
            long orphaned,
            long legacy,
            Map<String, Long> legacyByAge,
            boolean indexAgrees,
            List<String> examples,
            String trouble) {

        public Store {
            legacyByAge = Collections.unmodifiableMap(new LinkedHashMap<>(legacyByAge));
            examples = List.copyOf(examples);
        }

        /** Whether all of its points are in step, by the scroll and by its index. */
        public boolean clean() {
            return missing == 0 && wrong == 0 && indexAgrees && trouble.isEmpty();
        }
    }

    /**
     * @param missing personas without an agent
     * @param duplicate personas with several
     * @param withoutMemoryRoot agents whose memory root is NULL or not there
     */
    public record Agents(long missing, long duplicate, long withoutMemoryRoot) {

        /** Whether each persona has one agent, and each agent its memory root. */
        public boolean clean() {
            return missing == 0 && duplicate == 0 && withoutMemoryRoot == 0;
        }
    }

    VerifyReport withRepaired(long rows, double time) {
        return new VerifyReport(
                clean, asOf, streamWaited, tables, vectors, stores, agents, reads, deadLetters, rows, unsettled, time);
    }

    VerifyReport withReads(ReadReport found) {
        return new VerifyReport(
                clean && found.same(),
                asOf,
                streamWaited,
                tables,
                vectors,
                stores,
                agents,
                found,
                deadLetters,
                repaired,
                unsettled,
                seconds);
    }
}
