package dev.lockstep.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The mapping with the catalog's keys and types: everything SQL is made from. Immutable.
 *
 * @param personas where personas live; null when they are the distinct values found in the mapped tables
 * @param agents the Agents table
 * @param memoryRoots where a memory root is made before its agent; null when the id alone is enough
 * @param tables the persona-scoped tables, in configured order, those of vectors last
 * @param stores vectors outside the database
 */
public record Mapping(
        @Nullable Personas personas,
        Agents agents,
        @Nullable MemoryRoots memoryRoots,
        List<Scoped> tables,
        List<Store> stores) {

    public Mapping {
        tables = List.copyOf(tables);
        stores = List.copyOf(stores);
    }

    /**
     * @param key primary key of the table, which need not be {@code id}
     * @param id the persona's id: what the scoped tables refer to
     * @param name column copied to the agent's name; may be absent
     */
    public record Personas(
            TableName table,
            List<Column> key,
            Column id,
            @Nullable String name) {}

    /**
     * @param key primary key of the table, which need not be {@code id}
     * @param id what the agent columns refer to
     * @param idGenerated whether the server fills {@code id} (identity, default): true unless the column is a uuid
     * @param persona the persona this agent stands for; unique
     * @param name the name column, null when an adopted table has none
     * @param nameRequired whether the name column refuses NULL
     * @param active the is-active column, null when an adopted table has none
     * @param memoryRoot the memory root reference
     * @param memoryRootGenerated whether the server fills {@code memoryRoot}: true unless the column is a uuid
     */
    public record Agents(
            TableName table,
            List<Column> key,
            Column id,
            boolean idGenerated,
            Column persona,
            @Nullable String name,
            boolean nameRequired,
            @Nullable String active,
            Column memoryRoot,
            boolean memoryRootGenerated) {}

    public record MemoryRoots(TableName table, Column id) {}

    /**
     * @param key primary key, in key order
     * @param persona legacy column the agent is derived from
     * @param agent derived column
     * @param conversation link to the conversation; only vector metadata uses it
     * @param content hashed column, present together with {@code contentHash}
     * @param contentHash derived column: text holds lower-case hex, bytea the 32 bytes
     * @param leaves the tables that hold rows: itself, or the leaf partitions
     * @param link what ties its rows to messages, if they are vectors; null for every other table
     */
    public record Scoped(
            TableName table,
            List<Column> key,
            Column persona,
            Column agent,
            @Nullable Column conversation,
            @Nullable Column content,
            @Nullable Column contentHash,
            NullPersona nullPersona,
            List<TableName> leaves,
            @Nullable VectorLink link) {

        public Scoped {
            key = List.copyOf(key);
            leaves = List.copyOf(leaves);
            if (key.isEmpty()) {
                throw new IllegalArgumentException(table + " needs a primary key");
            }
            if ((content == null) != (contentHash == null)) {
                throw new IllegalArgumentException(table + ": content and contentHash go together");
            }
        }

        public boolean hashed() {
            return contentHash != null;
        }
    }

    /**
     * How vectors belong to messages, and the metadata that follow from it.
     *
     * @param message column of the vectors that names the message; null when only the hash ties them
     * @param messages the messages' table; has a key of one column and a conversation
     * @param conversations the conversations' table, with a key of one column; null when none is mapped
     * @param conversation derived column
     * @param source derived column of type text
     * @param recall in which order {@code recall} gives them
     */
    public record VectorLink(
            @Nullable Column message,
            Scoped messages,
            @Nullable Scoped conversations,
            Column conversation,
            Column source,
            VectorMeaning.OnDelete onDelete,
            RecallOrder recall) {

        /** Whether rows that name no message are tied by their content's hash. */
        public boolean byHash(Scoped vectors) {
            return vectors.hashed() && messages.hashed();
        }
    }

    /**
     * A store outside the database, and the tables its points belong to.
     *
     * @param messages has a key of one column and a conversation
     * @param conversations has a key of one column; null when none is mapped
     */
    public record Store(
            String name,
            MappingSpec.Link link,
            PointFields fields,
            Scoped messages,
            @Nullable Scoped conversations,
            VectorMeaning.OnDelete onDelete) {

        /** The column of the messages that names their conversation. */
        public Column conversation() {
            return Objects.requireNonNull(messages.conversation());
        }

        /** The column of the messages that names each of them. */
        public Column messageKey() {
            return messages.key().get(0);
        }

        /** Whether points that name no message are tied by their hash. */
        public boolean byHash() {
            return fields.contentHash() != null && link != MappingSpec.Link.ID;
        }
    }

    /** What a captured table means to lockstep. */
    public enum Role {
        PERSONAS,
        AGENTS,
        SCOPED
    }

    /** The tables of vectors. */
    public List<Scoped> vectors() {
        return tables.stream().filter(t -> t.link() != null).toList();
    }

    public Optional<Scoped> scoped(TableName table) {
        return tables.stream().filter(t -> t.table().equals(table)).findFirst();
    }

    public Optional<Role> roleOf(TableName table) {
        if (agents.table().equals(table)) {
            return Optional.of(Role.AGENTS);
        }
        if (personas != null && personas.table().equals(table)) {
            return Optional.of(Role.PERSONAS);
        }
        return scoped(table).map(t -> Role.SCOPED);
    }

    /** Every table whose changes are captured: personas, agents, then the scoped ones. */
    public List<TableName> captured() {
        List<TableName> names = new ArrayList<>();
        if (personas != null) {
            names.add(personas.table());
        }
        names.add(agents.table());
        tables.forEach(t -> names.add(t.table()));
        return List.copyOf(names);
    }

    /** Primary key columns of a captured table. */
    public List<Column> keyOf(TableName table) {
        if (agents.table().equals(table)) {
            return agents.key();
        }
        if (personas != null && personas.table().equals(table)) {
            return personas.key();
        }
        return scoped(table)
                .orElseThrow(() -> new IllegalArgumentException(table + " is not mapped"))
                .key();
    }
}
