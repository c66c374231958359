package dev.lockstep.sync;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Rows that changed.
 *
 * @param there rows that still exist
 * @param gone rows that were deleted
 * @param truncated tables that were emptied
 * @param rewritten tables with rows that were there before
 */
record RowsByTable(
        Map<TableName, Set<RowKey>> there,
        Map<TableName, Set<RowKey>> gone,
        Set<TableName> truncated,
        Set<TableName> rewritten) {

    /** Those of one table, there or gone. */
    Set<RowKey> of(TableName table) {
        Set<RowKey> rows = new HashSet<>(there.getOrDefault(table, Set.of()));
        rows.addAll(gone.getOrDefault(table, Set.of()));
        return rows;
    }

    boolean touches(TableName table) {
        return truncated.contains(table)
                || !there.getOrDefault(table, Set.of()).isEmpty()
                || !gone.getOrDefault(table, Set.of()).isEmpty();
    }
}
