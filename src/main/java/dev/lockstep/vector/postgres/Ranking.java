package dev.lockstep.vector.postgres;

import dev.lockstep.model.RecallOrder;
import dev.lockstep.model.TypeName;
import dev.lockstep.sql.Sql;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a search are put in order; pure.
 *
 * @param embedding what a query is measured against; null: newest first
 * @param newest the column that says what is newer
 */
record Ranking(RecallOrder.@Nullable Embedding embedding, String newest) {

    static Ranking of(PostgresTable table, PostgresSearch.Order order) {
        RecallOrder.Embedding embedding = order.embedding() == null
                ? null
                : new RecallOrder.Embedding(order.embedding(), table.type(order.embedding()));
        String newest = order.newest() == null ? table.key() : order.newest();
        table.type(newest);
        return new Ranking(embedding != null && embedding.measured() ? embedding : null, newest);
    }

    boolean measured() {
        return embedding != null;
    }

    /**
     * Has an hnsw index go on until there are enough; otherwise it looks at the 40 nearest of all, and of an agent with few
     * vectors finds none. Naming the type loads the library; one without the setting is left alone.
     */
    String setting() {
        return "SELECT set_config('hnsw.iterative_scan', 'strict_order', false) WHERE '[1]'::" + vector()
                + " IS NOT NULL AND current_setting('hnsw.iterative_scan', true) IS NOT NULL";
    }

    /** Rows without an embedding are at no distance. */
    Optional<String> condition() {
        return Optional.ofNullable(embedding).map(e -> Sql.quote(e.column()) + " IS NOT NULL");
    }

    /** Has one parameter, the query, where there is a distance. */
    String orderBy(String key) {
        if (embedding == null) {
            String byKey = Sql.quote(key) + " DESC";
            return newest.equals(key) ? byKey : Sql.quote(newest) + " DESC NULLS LAST, " + byKey;
        }
        return Sql.quote(embedding.column()) + " OPERATOR("
                + Sql.quote(embedding.type().schema()) + ".<=>) ?::" + vector() + "::" + Sql.quote(embedding.type());
    }

    /** All types of the extension are in one schema. */
    private String vector() {
        return embedding == null ? "" : Sql.quote(new TypeName(embedding.type().schema(), "vector"));
    }
}
