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
        Batch batch = new Batch(changes, boundary, messages);
        changes = new ArrayList<>();
        messages = new ArrayList<>();
        boundary = null;
        return batch;
    }
}
