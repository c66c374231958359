package dev.lockstep.model;

import java.util.List;
import java.util.Optional;

/** The part of {@link MappingResolver} that ties stores outside the database to the tables of their messages. */
final class StoreResolver {

    private final MappingResolver resolver;
    private final LinkedTables linked;

    /** @param tables the mapped tables that are no vectors */
    StoreResolver(MappingResolver resolver, List<Mapping.Scoped> tables) {
        this.resolver = resolver;
        this.linked = new LinkedTables(resolver, tables);
    }

    Optional<Mapping.Store> resolve(MappingSpec.Store spec) {
        String where = "mapping.vectors[" + spec.name() + "]";
        Mapping.Scoped messages = linked.messages(spec.of(), where);
        if (messages == null || messages.conversation() == null) {
            return Optional.empty();
        }
        if (spec.fields().contentHash() != null && !messages.hashed()) {
            resolver.problem(
                    "vectors-untied",
                    where + ".contentHash: " + messages.table() + " has no hash to be tied by",
                    "name content and contentHash of " + messages.table() + " under mapping.tables, or remove the key");
            return Optional.empty();
        }
        return Optional.of(new Mapping.Store(
                spec.name(),
                spec.link(),
                spec.fields(),
                messages,
                linked.conversations(spec.conversations(), messages, messages.conversation(), where),
                spec.onDelete()));
    }
}
