package dev.lockstep.model;

import dev.lockstep.model.TableShape.ColumnShape;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The part of {@link MappingResolver} that ties tables of vectors to the tables of their messages. */
final class VectorResolver {

    private static final String LIST = "mapping.vectors";

    private final MappingResolver resolver;
    private final List<Mapping.Scoped> tables;

    /** @param tables the mapped tables that are no vectors */
    VectorResolver(MappingResolver resolver, List<Mapping.Scoped> tables) {
        this.resolver = resolver;
        this.tables = tables;
    }

    Optional<Mapping.Scoped> resolve(MappingSpec.Vectors names, Column agentId) {
        TableShape shape = resolver.existing(names.table(), LIST);
        String where = LIST + "[" + names.table() + "]";
        Mapping.Scoped messages = messages(names, where);
        if (shape == null || messages == null) {
            return Optional.empty();
        }
        Column conversation = messages.conversation();
        if (conversation == null || messages.key().size() != 1) {
            resolver.problem(
                    "vectors-of",
                    where + ": " + messages.table() + " needs a `conversation` column and a key of one column",
                    "name the column under mapping.tables, or another table under `of`");
            return Optional.empty();
        }
        Column message = message(names, shape, messages.key().get(0), where);
        if (names.message() == null && (names.content() == null || !messages.hashed())) {
            resolver.problem(
                    "vectors-untied",
                    where + ": nothing ties a vector to its message",
                    "name the column that holds the message's id under `message`, or content and contentHash here and of "
                            + messages.table());
            return Optional.empty();
        }
        if (names.message() != null && message == null) {
            return Optional.empty();
        }
        Mapping.VectorLink link = new Mapping.VectorLink(
                message,
                messages,
                conversations(names, messages, conversation, where),
                derived(shape, names.conversation(), conversation.type(), where + ".conversation"),
                derived(shape, names.source(), ColumnType.TEXT, where + ".source"),
                names.onDelete(),
                new RecallResolver(resolver).resolve(names, shape, where));
        MappingSpec.Scoped scoped = new MappingSpec.Scoped(
                names.table(),
                names.persona(),
                names.agent(),
                null,
                names.content(),
                names.contentHash(),
                NullPersona.KEEP);
        return resolver.scoped(scoped, agentId, LIST, link);
    }

    private Mapping.@Nullable Scoped messages(MappingSpec.Vectors names, String where) {
        TableName of = names.of();
        List<Mapping.Scoped> fitting = tables.stream()
                .filter(t -> of != null ? t.table().equals(of) : t.conversation() != null)
                .toList();
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        resolver.problem(
                "vectors-of",
                of != null
                        ? where + ".of: " + of + " is not mapped"
                        : where + ": " + (fitting.isEmpty() ? "no table" : "more than one table")
                                + " of mapping.tables has a conversation column",
                "name the table of the messages under `of`, and its conversation column under mapping.tables");
        return null;
    }

    private @Nullable Column message(MappingSpec.Vectors names, TableShape shape, Column key, String where) {
        if (names.message() == null) {
            return null;
        }
        Optional<ColumnShape> column = resolver.required(shape, names.message(), where + ".message");
        if (column.isPresent() && column.get().type() != key.type()) {
            resolver.wrongType(
                    shape,
                    column.get(),
                    where + ".message",
                    "the message key's type, " + key.type().sqlName());
            return null;
        }
        return column.map(c -> new Column(c.name(), c.type())).orElse(null);
    }

    private Mapping.@Nullable Scoped conversations(
            MappingSpec.Vectors names, Mapping.Scoped messages, Column conversation, String where) {
        TableName named = names.conversations();
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

    private Column derived(TableShape shape, String name, ColumnType type, String where) {
        shape.column(name).ifPresent(c -> {
            if (c.type() != type) {
                resolver.wrongType(shape, c, where, type.sqlName());
            }
        });
        return new Column(name, type);
    }
}
