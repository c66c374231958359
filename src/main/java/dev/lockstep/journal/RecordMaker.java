package dev.lockstep.journal;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.Snapshot;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Makes records of a stream's changes, in order. Not thread-safe: it remembers the newest transaction. */
final class RecordMaker {

    private final Mapping mapping;
    private long newest;

    /** @param near a 64-bit transaction id of about the time at which the stream begins */
    RecordMaker(Mapping mapping, long near) {
        this.mapping = mapping;
        this.newest = near;
    }

    List<JournalRecord> of(Batch batch) {
        List<JournalRecord> records = new ArrayList<>(batch.changes().size());
        Iterator<Batch.Commit> commits = batch.commits().iterator();
        int end = 0;
        Lsn commit = null;
        for (int i = 0; i < batch.changes().size(); i++) {
            while (i >= end) {
                Batch.Commit next = commits.hasNext() ? commits.next() : null;
                commit = next == null ? null : next.lsn();
                end = next == null ? Integer.MAX_VALUE : next.end();
            }
            RowChange change = batch.changes().get(i);
            long xid = Snapshot.widen(newest, change.xid());
            newest = Math.max(newest, xid);
            records.add(new JournalRecord(
                    change.table(),
                    change.key(),
                    change.op(),
                    commit,
                    change.lsn(),
                    xid,
                    change.commitTime(),
                    change.legacyWrite() && mapping.scoped(change.table()).isPresent()));
        }
        return records;
    }
}
