package dev.lockstep.replay;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.TableName;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be replayed.
 *
 * @param from where to begin
 * @param toLsn everything committed at or before it; null for everything committed before the replay began
 * @param toTime changes committed at or before it; null for no such end
 * @param tables whose changes count; empty for every mapped table
 */
public record ReplayRequest(
        From from, @Nullable Lsn toLsn, @Nullable Instant toTime, Set<TableName> tables) {

    public ReplayRequest {
        tables = Set.copyOf(tables);
    }

    /** Where to begin. */
    public sealed interface From {}

    /** At a savepoint. */
    public record FromSavepoint(String name) implements From {}

    /** With the first change behind an LSN, or before it. */
    public record FromLsn(Lsn lsn) implements From {}

    /** With the first change committed at a time, or before it. */
    public record FromTime(Instant time) implements From {}
}
