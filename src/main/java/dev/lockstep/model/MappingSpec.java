package dev.lockstep.model;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The mapping as the user wrote it: names only. {@link MappingResolver} turns it into a {@link Mapping} with the
 * catalog's keys and types.
 */
public record MappingSpec(
        @Nullable Personas personas,
        Agents agents,
        @Nullable MemoryRoots memoryRoots,
        List<Scoped> tables,
        List<Vectors> vectors) {

    public MappingSpec {
        tables = List.copyOf(tables);
        vectors = List.copyOf(vectors);
    }

    /** Without vectors. */
    public MappingSpec(
            @Nullable Personas personas, Agents agents, @Nullable MemoryRoots memoryRoots, List<Scoped> tables) {
        this(personas, agents, memoryRoots, tables, List.of());
    }

    /** Every table that is kept in step, vectors last. */
    public List<TableName> derived() {
        return Stream.concat(
                        tables.stream().map(Scoped::table), vectors.stream().map(Vectors::table))
                .toList();
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

    /**
     * A table of vectors: embeddings of messages.
     *
     * @param message column that names the message; null when only the hash ties them
     * @param of the mapped table its messages are in; null for the one that has a conversation column
     * @param conversations the mapped table of the conversations; null for the one that fits
     * @param embedding column that {@code recall} compares a query with; null: newest first
     * @param newest column by which vectors are newer or older; null: the primary key
     */
    public record Vectors(
            TableName table,
            String persona,
            @Nullable String message,
            String agent,
            String conversation,
            String source,
            @Nullable String content,
            @Nullable String contentHash,
            @Nullable TableName of,
            @Nullable TableName conversations,
            VectorMeaning.OnDelete onDelete,
            @Nullable String embedding,
            @Nullable String newest) {}
}
