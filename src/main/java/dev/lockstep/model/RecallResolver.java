package dev.lockstep.model;

import dev.lockstep.model.TableShape.ColumnShape;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The part of {@link MappingResolver} that finds out what {@code recall} orders vectors by. */
final class RecallResolver {

    /** What can say of two rows which is newer: times, numbers, and ids that were made to sort by time. */
    private static final Set<String> ORDERED =
            Set.of("timestamptz", "timestamp", "date", "int2", "int4", "int8", "numeric", "uuid", "text", "varchar");

    private final MappingResolver resolver;

    RecallResolver(MappingResolver resolver) {
        this.resolver = resolver;
    }

    RecallOrder resolve(MappingSpec.Vectors names, TableShape shape, String where) {
        return new RecallOrder(
                embedding(names.embedding(), shape, where + ".embedding"),
                newest(names.newest(), shape, where + ".newest"));
    }

    private RecallOrder.@Nullable Embedding embedding(@Nullable String name, TableShape shape, String where) {
        if (name == null) {
            return null;
        }
        Optional<ColumnShape> column = resolver.required(shape, name, where);
        if (column.isPresent() && !RecallOrder.holdsEmbeddings(column.get().typeName())) {
            resolver.wrongType(
                    shape,
                    column.get(),
                    where,
                    "pgvector's vector, halfvec or sparsevec, or an array of real or double precision");
        }
        return column.map(c -> new RecallOrder.Embedding(c.name(), c.typeName()))
                .orElse(null);
    }

    private @Nullable String newest(@Nullable String name, TableShape shape, String where) {
        if (name == null) {
            return null;
        }
        Optional<ColumnShape> column = resolver.required(shape, name, where);
        if (column.isPresent() && !ordered(column.get().typeName())) {
            resolver.wrongType(
                    shape, column.get(), where, "a timestamp, a date, a number, or a uuid or text that sorts by time");
        }
        return name;
    }

    private static boolean ordered(TypeName type) {
        return type.schema().equals(TypeName.CATALOG) && ORDERED.contains(type.name());
    }
}
