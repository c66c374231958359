package dev.lockstep.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a change source delivers at once: changes in commit order, possibly the middle of a transaction.
 *
 * @param changes in commit order, duplicates included
 * @param boundary the last point at which no transaction was open: every change committed at or before it is in this
 *     batch or an earlier one. Null when the batch closes no transaction
 * @param heartbeats payloads of our own logical messages that came back, in order
 */
public record Batch(List<RowChange> changes, @Nullable Lsn boundary, List<String> heartbeats) {

    public Batch {
        changes = List.copyOf(changes);
        heartbeats = List.copyOf(heartbeats);
    }
}
