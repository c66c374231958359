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
        List<Vectors> vectors,
        List<Store> stores) {

    public MappingSpec {
        tables = List.copyOf(tables);
        vectors = List.copyOf(vectors);
        stores = List.copyOf(stores);
    }

    /** Without vectors. */
    public MappingSpec(
            @Nullable Personas personas, Agents agents, @Nullable MemoryRoots memoryRoots, List<Scoped> tables) {
        this(personas, agents, memoryRoots, tables, List.of());
    }

    /** Without vectors outside the database. */
    public MappingSpec(
            @Nullable Personas personas,
            Agents agents,
            @Nullable MemoryRoots memoryRoots,
            List<Scoped> tables,
            List<Vectors> vectors) {
        this(personas, agents, memoryRoots, tables, vectors, List.of());
    }

    /** The same with vectors outside the database. */
    public MappingSpec with(List<Store> outside) {
        return new MappingSpec(personas, agents, memoryRoots, tables, vectors, outside);
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

    /** What ties a point of a store outside the database to its message. */
    public enum Link {
        /** The point's id is the message's key. */
        ID,
        /** A field of its payload holds the message's key; where it does not, the hash may. */
        PAYLOAD,
        /** Only the hash of its content does, within its persona. */
        HASH
    }

    /**
     * Vectors in a store outside the database.
     *
     * @param name names it among the stores, in the control schema and in messages
     * @param of the mapped table its messages are in; null for the one that has a conversation column
     * @param conversations the mapped table of the conversations; null for the one that fits
     */
    public record Store(
            String name,
            Link link,
            PointFields fields,
            @Nullable TableName of,
            @Nullable TableName conversations,
            VectorMeaning.OnDelete onDelete) {}
}
