package dev.lockstep.model;

import dev.lockstep.model.TableShape.ColumnShape;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The part of {@link MappingResolver} that ties tables of vectors to the tables of their messages. */
final class VectorResolver {

    private static final String LIST = "mapping.vectors";

    private final MappingResolver resolver;
    private final LinkedTables linked;

    /** @param tables the mapped tables that are no vectors */
    VectorResolver(MappingResolver resolver, List<Mapping.Scoped> tables) {
        this.resolver = resolver;
        this.linked = new LinkedTables(resolver, tables);
    }

    Optional<Mapping.Scoped> resolve(MappingSpec.Vectors names, Column agentId) {
        TableShape shape = resolver.existing(names.table(), LIST);
        String where = LIST + "[" + names.table() + "]";
        Mapping.Scoped messages = linked.messages(names.of(), where);
        if (shape == null || messages == null) {
            return Optional.empty();
        }
        Column conversation = messages.conversation();
        if (conversation == null) {
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
                linked.conversations(names.conversations(), messages, conversation, where),
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

    private Column derived(TableShape shape, String name, ColumnType type, String where) {
        shape.column(name).ifPresent(c -> {
            if (c.type() != type) {
                resolver.wrongType(shape, c, where, type.sqlName());
            }
        });
        return new Column(name, type);
    }
}
