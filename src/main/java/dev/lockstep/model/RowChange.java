package dev.lockstep.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One captured change: a hint that the named row may be out of step. Nothing here is ever written to a row; persona and
 * agent only tell whether the row needs work at all.
 *
 * @param table a captured table; the partitioned parent for a partition's row
 * @param op what happened
 * @param key the row; empty values for {@link Op#TRUNCATE}
 * @param persona the persona named by the event: the scoped row's, the agent's, or the persona's own id; null when NULL
 *     or not known
 * @param agent the scoped row's agent, or the agent's own id; null when NULL or not known
 * @param xid low 32 bits of the transaction id, unsigned
 * @param lsn where the change itself stands in the WAL; its transaction committed later
 * @param commitTime when its transaction committed, by the server's clock
 */
public record RowChange(
        TableName table,
        Op op,
        RowKey key,
        @Nullable String persona,
        @Nullable String agent,
        long xid,
        Lsn lsn,
        Instant commitTime) {

    public enum Op {
        INSERT,
        UPDATE,
        DELETE,
        TRUNCATE
    }

    /** Of a scoped row: whether a writer put it there that names a persona and knows nothing of agents. */
    public boolean legacyWrite() {
        return op == Op.INSERT && persona != null && agent == null;
    }
}
