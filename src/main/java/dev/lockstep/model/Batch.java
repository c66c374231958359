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
 * @param commits the transactions the changes are of, in order; those behind the last are of one whose end is not known yet
 */
public record Batch(List<RowChange> changes, @Nullable Lsn boundary, List<String> heartbeats, List<Commit> commits) {

    public Batch {
        changes = List.copyOf(changes);
        heartbeats = List.copyOf(heartbeats);
        commits = List.copyOf(commits);
    }

    /** Where nobody asks which transaction ended where. */
    public Batch(List<RowChange> changes, @Nullable Lsn boundary, List<String> heartbeats) {
        this(changes, boundary, heartbeats, List.of());
    }

    /**
     * Its beginning, up to the end of a transaction if one ends among {@code most} changes. Of a transaction that is cut
     * it still says where it was committed, if this batch knows.
     *
     * @param most changes, at least one
     * @return this batch if it has no more changes than that
     */
    public Batch head(int most) {
        if (changes.size() <= most) {
            return this;
        }
        List<Commit> ended = commits.stream().filter(c -> c.end() <= most).toList();
        if (ended.isEmpty()) {
            List<Commit> cut = commits.stream()
                    .limit(1)
                    .map(c -> new Commit(most, c.lsn()))
                    .toList();
            return new Batch(changes.subList(0, most), null, List.of(), cut);
        }
        Commit last = ended.get(ended.size() - 1);
        return new Batch(changes.subList(0, last.end()), last.lsn(), List.of(), ended);
    }

    /** What is left of it after a {@link #head} that is not all of it. */
    public Batch after(Batch head) {
        int begin = head.changes.size();
        return new Batch(
                changes.subList(begin, changes.size()),
                boundary,
                heartbeats,
                commits.stream()
                        .filter(c -> c.end() > begin)
                        .map(c -> new Commit(c.end() - begin, c.lsn()))
                        .toList());
    }

    /**
     * A transaction.
     *
     * @param end its changes here are those from the end of the one before up to here, this index left out
     * @param lsn where it was committed
     */
    public record Commit(int end, Lsn lsn) {}
}
