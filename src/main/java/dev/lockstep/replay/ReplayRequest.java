package dev.lockstep.replay;

import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.TableName;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is to be replayed.
 *
 * @param from where to begin
 * @param toLsn everything committed at or before it; null for everything committed before the replay began
 * @param toTime changes committed at or before it; null for no such end
 * @param toOffsets records of the journal before them; null for those that are there when the replay begins
 * @param tables whose changes count; empty for every mapped table
 */
public record ReplayRequest(
        From from,
        @Nullable Lsn toLsn,
        @Nullable Instant toTime,
        @Nullable JournalOffsets toOffsets,
        Set<TableName> tables) {

    public ReplayRequest {
        tables = Collections.unmodifiableSortedSet(new TreeSet<>(tables)); // in order: its text tells it from another
    }

    /** Without an end in the journal. */
    ReplayRequest(From from, @Nullable Lsn toLsn, @Nullable Instant toTime, Set<TableName> tables) {
        this(from, toLsn, toTime, null, tables);
    }

    /** Where to begin. */
    public sealed interface From {}

    /** At a savepoint. */
    public record FromSavepoint(String name) implements From {}

    /** At these places of the journal; a partition that is not named is not read. */
    public record FromOffset(JournalOffsets offsets) implements From {}

    /** With the first change behind an LSN, or before it. */
    public record FromLsn(Lsn lsn) implements From {}

    /** With the first change committed at a time, or before it. */
    public record FromTime(Instant time) implements From {}
}
