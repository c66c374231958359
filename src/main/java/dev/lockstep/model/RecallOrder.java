package dev.lockstep.model;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which order {@code recall} gives the vectors of one conversation, agent or persona.
 *
 * @param embedding what a query is compared with; null: newest first
 * @param newest column by which vectors are newer or older; null: by the primary key
 */
public record RecallOrder(
        @Nullable Embedding embedding, @Nullable String newest) {

    private static final Set<String> PGVECTOR = Set.of("vector", "halfvec", "sparsevec");

    private static final Set<TypeName> ARRAYS = Set.of(TypeName.catalog("_float4"), TypeName.catalog("_float8"));

    /** @param type of the column */
    public record Embedding(String column, TypeName type) {

        /** Whether the server can tell how far it is from a query; a plain array it cannot. */
        public boolean measured() {
            return PGVECTOR.contains(type.name());
        }
    }

    static boolean holdsEmbeddings(TypeName type) {
        return PGVECTOR.contains(type.name()) || ARRAYS.contains(type);
    }
}
