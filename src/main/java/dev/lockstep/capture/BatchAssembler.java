package dev.lockstep.capture;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts a stream of begins, changes, messages and ends together as batches. Not thread-safe. */
public final class BatchAssembler {

    private List<RowChange> changes = new ArrayList<>();
    private List<Batch.Commit> commits = new ArrayList<>();
    private List<String> messages = new ArrayList<>();
    private @Nullable Lsn boundary;
    private boolean inTransaction;

    public void begin() {
        inTransaction = true;
    }

    public void change(RowChange change) {
        changes.add(change);
    }

    public void end(Lsn commit) {
        inTransaction = false;
        boundary = commit;
        if (changes.size()
                > (commits.isEmpty() ? 0 : commits.get(commits.size() - 1).end())) {
            commits.add(new Batch.Commit(changes.size(), commit));
        }
    }

    /** A logical message; outside a transaction it says that everything before it has been sent. */
    public void message(Lsn lsn, String content) {
        messages.add(content);
        if (!inTransaction) {
            boundary = lsn;
        }
    }

    /** What has come since the last call. */
    public Batch take() {
        Batch batch = new Batch(changes, boundary, messages, commits);
        changes = new ArrayList<>();
        commits = new ArrayList<>();
        messages = new ArrayList<>();
        boundary = null;
        return batch;
    }
}
