package dev.lockstep.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mapping as the user wrote it: names only. {@link MappingResolver} turns it into a {@link Mapping} with the
 * catalog's keys and types.
 */
public record MappingSpec(
        @Nullable Personas personas,
        Agents agents,
        @Nullable MemoryRoots memoryRoots,
        List<Scoped> tables) {

    public MappingSpec {
        tables = List.copyOf(tables);
    }

    public record Personas(
            TableName table, String id, @Nullable String name) {}

    public record Agents(TableName table, String id, String persona, String name, String active, String memoryRoot) {}

    public record MemoryRoots(TableName table, String id) {}

    /** A persona-scoped table: Conversations, Messages, and whatever else carries a persona. */
    public record Scoped(
            TableName table,
            String persona,
            String agent,
            @Nullable String conversation,
            @Nullable String content,
            @Nullable String contentHash,
            NullPersona nullPersona) {}
}
