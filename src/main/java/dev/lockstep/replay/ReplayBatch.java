package dev.lockstep.replay;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A batch of old changes as rows to look at. What was deleted then may be there again, and what was emptied is full; so
 * only keys are taken from them. Pure.
 *
 * @param rows what the synchronizer is given
 * @param changes how many changes there were
 * @param keys the rows of mapped tables
 */
record ReplayBatch(Batch rows, long changes, Map<TableName, Set<RowKey>> keys) {

    static ReplayBatch of(Batch batch, Mapping mapping, ReplayRequest request) {
        List<RowChange> kept = new ArrayList<>();
        Map<TableName, Set<RowKey>> keys = new HashMap<>();
        long changes = 0;
        for (RowChange change : batch.changes()) {
            boolean scoped = mapping.scoped(change.table()).isPresent();
            if (scoped && !request.tables().isEmpty() && !request.tables().contains(change.table())) {
                continue;
            }
            changes++;
            if (!scoped) {
                kept.add(change); // personas get their agents, and changed agents their rows, as they are now
            } else if (change.op() != RowChange.Op.TRUNCATE) {
                kept.add(looked(change));
                keys.computeIfAbsent(change.table(), t -> new HashSet<>()).add(change.key());
            }
        }
        return new ReplayBatch(new Batch(kept, batch.boundary(), batch.heartbeats()), changes, keys);
    }

    private static RowChange looked(RowChange change) {
        return new RowChange(
                change.table(),
                RowChange.Op.UPDATE,
                change.key(),
                null,
                null,
                change.xid(),
                change.lsn(),
                change.commitTime());
    }
}
