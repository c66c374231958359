package dev.lockstep.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the mapped tables that vectors belong to. */
final class LinkedTables {

    private final MappingResolver resolver;
    private final List<Mapping.Scoped> tables;

    /** @param tables the mapped tables that are no vectors */
    LinkedTables(MappingResolver resolver, List<Mapping.Scoped> tables) {
        this.resolver = resolver;
        this.tables = tables;
    }

    /**
     * The messages' table, which has a conversation and a key of one column; null when a problem was reported.
     *
     * @param of what the user named; null for the one that fits
     */
    Mapping.@Nullable Scoped messages(@Nullable TableName of, String where) {
        List<Mapping.Scoped> fitting = tables.stream()
                .filter(t -> of != null ? t.table().equals(of) : t.conversation() != null)
                .toList();
        if (fitting.size() != 1) {
            resolver.problem(
                    "vectors-of",
                    of != null
                            ? where + ".of: " + of + " is not mapped"
                            : where + ": " + (fitting.isEmpty() ? "no table" : "more than one table")
                                    + " of mapping.tables has a conversation column",
                    "name the table of the messages under `of`, and its conversation column under mapping.tables");
            return null;
        }
        Mapping.Scoped messages = fitting.get(0);
        if (messages.conversation() == null || messages.key().size() != 1) {
            resolver.problem(
                    "vectors-of",
                    where + ": " + messages.table() + " needs a `conversation` column and a key of one column",
                    "name the column under mapping.tables, or another table under `of`");
            return null;
        }
        return messages;
    }

    /** The conversations' table; null when none is mapped, or a problem was reported. */
    Mapping.@Nullable Scoped conversations(
            @Nullable TableName named, Mapping.Scoped messages, Column conversation, String where) {
        List<Mapping.Scoped> fitting = tables.stream()
                .filter(t -> t.key().size() == 1
                        && t.key().get(0).type() == conversation.type()
                        && !t.table().equals(messages.table()))
                .filter(t -> named == null || t.table().equals(named))
                .toList();
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        if (named != null || fitting.size() > 1) {
            resolver.problem(
                    "vectors-conversations",
                    named != null
                            ? where + ".conversations: " + named + " is not mapped, or its key is not the type of "
                                    + messages.table() + "." + conversation.name()
                            : where + ": more than one mapped table could hold the conversations",
                    "name the table of the conversations under `conversations`");
        }
        return null;
    }
}
