package dev.lockstep.verify;

import java.util.List;

/**
 * What a verification found, as {@code verify --output json} prints it. No row's content, keys only.
 *
 * @param clean nothing is out of step
 * @param asOf LSN of the snapshot that was compared
 * @param streamWaited whether a running sidecar was waited for, so that rows under way do not count
 * @param vectors what is known of the vectors' tables among {@code tables}
 * @param repaired rows written by {@code --repair}
 * @param unsettled rows that changed faster than they could be looked at; not counted as out of step
 */
public record VerifyReport(
        boolean clean,
        String asOf,
        boolean streamWaited,
        List<Table> tables,
        List<Vectors> vectors,
        Agents agents,
        long deadLetters,
        long repaired,
        long unsettled,
        double seconds) {

    public VerifyReport {
        tables = List.copyOf(tables);
        vectors = List.copyOf(vectors);
    }

    /**
     * @param missing a persona without its agent
     * @param wrong another agent than the persona's
     * @param hashWrong the hash is not that of the content
     * @param examples some of the keys
     */
    public record Table(String table, long rows, long missing, long wrong, long hashWrong, List<String> examples) {

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
     * @param missing personas without an agent
     * @param duplicate personas with several
     * @param withoutMemoryRoot agents whose memory root is NULL or not there
     */
    public record Agents(long missing, long duplicate, long withoutMemoryRoot) {

        boolean clean() {
            return missing == 0 && duplicate == 0 && withoutMemoryRoot == 0;
        }
    }

    VerifyReport withRepaired(long rows, double time) {
        return new VerifyReport(clean, asOf, streamWaited, tables, vectors, agents, deadLetters, rows, unsettled, time);
    }
}
