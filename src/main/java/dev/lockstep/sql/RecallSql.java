package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RecallOrder;
import dev.lockstep.model.TypeName;
import dev.lockstep.model.VectorMeaning;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@link dev.lockstep.model.Recall} as a function in the database. Each step is a statement of its own, so that the order
 * is sure, a step that is not needed is not run, and one has a LIMIT that an index can serve. Names are qualified: it runs
 * with the caller's search_path and the caller's rights.
 */
final class RecallSql {

    private final Mapping.Scoped vectors;
    private final Mapping.VectorLink link;
    private final RecallOrder.@Nullable Embedding embedding;

    private RecallSql(Mapping.Scoped vectors, Mapping.VectorLink link) {
        this.vectors = vectors;
        this.link = link;
        this.embedding = link.recall().embedding();
    }

    static RecallSql of(Mapping.Scoped vectors) {
        if (vectors.link() == null) {
            throw new IllegalArgumentException(vectors.table() + " holds no vectors");
        }
        return new RecallSql(vectors, vectors.link());
    }

    /** Conversation, agent, query, k, persona. */
    List<TypeName> argumentTypes() {
        return List.of(
                type(link.conversation()),
                type(vectors.agent()),
                embedding == null ? TypeName.catalog("text") : embedding.type(),
                TypeName.catalog("int4"),
                type(vectors.persona()));
    }

    /** With names and defaults. */
    String arguments() {
        List<String> types = argumentTypes().stream().map(Sql::quote).toList();
        return "conversation " + types.get(0) + ", agent " + types.get(1) + ", query " + types.get(2) + ", k "
                + types.get(3) + " DEFAULT 10, persona " + types.get(4) + " DEFAULT NULL";
    }

    /**
     * Otherwise an hnsw index looks at the 40 nearest of all, and of an agent with few vectors finds none.
     *
     * @param iterativeScan whether pgvector can do better
     */
    List<String> settings(boolean iterativeScan) {
        return iterativeScan && load().isPresent() ? List.of("hnsw.iterative_scan=strict_order") : List.of();
    }

    /** Without the library a role that is no superuser may not name its settings. All its types are in one schema. */
    Optional<String> load() {
        return Optional.ofNullable(embedding)
                .filter(RecallOrder.Embedding::measured)
                .map(e -> "SELECT '[1]'::" + Sql.quote(new TypeName(e.type().schema(), "vector")));
    }

    /** As the catalog keeps it. Columns are qualified, parameters are not: they may be called the same. */
    String body() {
        return """

                #variable_conflict use_variable
                DECLARE
                  got int;
                BEGIN
                  IF k IS NULL OR k < 1 THEN
                    RAISE EXCEPTION 'k has to be at least 1' USING ERRCODE = 'invalid_parameter_value';
                  END IF;
                """ + choice() + "END\n";
    }

    private String choice() {
        if (embedding == null || !embedding.measured()) {
            return steps("", newest(), "  ");
        }
        String column = t(embedding.column());
        String nearest = column + " OPERATOR(" + Sql.quote(embedding.type().schema()) + ".<=>) query";
        return "  IF query IS NOT NULL THEN\n"
                + steps(" AND " + column + " IS NOT NULL", nearest, "    ")
                + "  ELSE\n"
                + steps("", newest(), "    ")
                + "  END IF;\n";
    }

    private String steps(String condition, String order, String indent) {
        String inConversation = t(link.conversation().name()) + " = conversation";
        String ofAgent = t(vectors.agent().name()) + " = agent";
        String ofPersona = t(vectors.persona().name()) + " = persona";
        String notSeen = " AND (" + inConversation + ") IS NOT TRUE";
        String more = "  GET DIAGNOSTICS got = ROW_COUNT;\n  k := k - got;\n";
        String code = "IF conversation IS NOT NULL THEN\n"
                + search(inConversation + condition, order) + more
                + "END IF;\nIF agent IS NOT NULL AND k > 0 THEN\n"
                + search(ofAgent + notSeen + condition, order) + more
                + "END IF;\nIF persona IS NOT NULL AND k > 0 THEN\n"
                + search(ofPersona + notSeen + " AND (" + ofAgent + ") IS NOT TRUE" + condition, order)
                + "END IF;\n";
        return code.indent(indent.length());
    }

    private String search(String condition, String order) {
        return "  RETURN QUERY SELECT t.* FROM " + Sql.quote(vectors.table()) + " t\n    WHERE " + condition + " AND "
                + t(link.source().name()) + " IS DISTINCT FROM " + Sql.literal(VectorMeaning.ORPHAN)
                + "\n    ORDER BY " + order + " LIMIT k;\n";
    }

    /** The order without a query. */
    String newest() {
        String column = link.recall().newest();
        Stream<String> configured = column == null ? Stream.of() : Stream.of(t(column) + " DESC NULLS LAST");
        Stream<String> key = vectors.key().stream().map(c -> t(c.name()) + " DESC");
        return Stream.concat(configured, key).collect(Collectors.joining(", "));
    }

    private static TypeName type(Column column) {
        return TypeName.catalog(column.type().sqlName());
    }

    private static String t(String column) {
        return "t." + Sql.quote(column);
    }
}
