package dev.lockstep.vector.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.TableName;
import dev.lockstep.model.TypeName;
import dev.lockstep.vector.Selection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PostgresSqlTest {

    private final PostgresTable table = new PostgresTable(
            new TableName("public", "Memories"),
            "Id",
            new TreeMap<>(Map.of("Id", Kind.UUID, "Agent\"Id", Kind.WHOLE, "Text", Kind.TEXT)),
            Map.of(
                    "Id", TypeName.catalog("uuid"),
                    "Embedding", new TypeName("ext", "halfvec"),
                    "Made", TypeName.catalog("timestamptz")));

    @Test
    void aPage() {
        assertThat(PostgresSql.scroll(table, table.filter(new Selection.All()), false))
                .isEqualTo(
                        "SELECT \"Agent\"\"Id\", \"Id\", \"Text\" FROM \"public\".\"Memories\" ORDER BY \"Id\" LIMIT ?");
        assertThat(PostgresSql.scroll(table, table.filter(new Selection.AnyOf("Agent\"Id", Set.of("7"))), true))
                .isEqualTo(
                        "SELECT \"Agent\"\"Id\", \"Id\", \"Text\" FROM \"public\".\"Memories\""
                                + " WHERE \"Agent\"\"Id\" = ANY(?::text[]::bigint[]) AND \"Id\" > ?::uuid ORDER BY \"Id\" LIMIT ?");
    }

    @Test
    void aCount() {
        assertThat(PostgresSql.count(table, table.filter(new Selection.AnyOf("Text", Set.of("x")))))
                .isEqualTo("SELECT count(*) FROM \"public\".\"Memories\" WHERE \"Text\" = ANY(?::text[]::text[])");
    }

    @Test
    void theNearest() {
        String conditions = "SELECT \"Agent\"\"Id\", \"Id\", \"Text\" FROM \"public\".\"Memories\""
                + " WHERE \"Agent\"\"Id\" = ANY(?::text[]::bigint[]) AND (\"Text\" = ANY(?::text[]::text[])) IS NOT TRUE";
        assertThat(nearest("Embedding", "Made"))
                .isEqualTo(
                        conditions + " AND \"Embedding\" IS NOT NULL"
                                + " ORDER BY \"Embedding\" OPERATOR(\"ext\".<=>) ?::\"ext\".\"vector\"::\"ext\".\"halfvec\" LIMIT ?");
        assertThat(nearest(null, "Made"))
                .isEqualTo(conditions + " ORDER BY \"Made\" DESC NULLS LAST, \"Id\" DESC LIMIT ?");
        assertThat(nearest(null, null)).isEqualTo(conditions + " ORDER BY \"Id\" DESC LIMIT ?");
    }

    private String nearest(String embedding, String newest) {
        return PostgresSql.nearest(
                table,
                table.filter(new Selection.AnyOf("Agent\"Id", Set.of("7"))),
                table.filter(new Selection.AnyOf("Text", Set.of("orphan"))),
                Ranking.of(table, new PostgresSearch.Order(embedding, newest)));
    }

    @Test
    void anUpdateLeavesRowsInStepAlone() {
        assertThat(PostgresSql.update(table, List.of("Agent\"Id"), List.of("Text")))
                .isEqualTo("UPDATE \"public\".\"Memories\" t SET \"Agent\"\"Id\" = e.v1::bigint, \"Text\" = NULL"
                        + " FROM unnest(?::text[], ?::text[]) AS e(id, v1) WHERE t.\"Id\" = e.id::uuid"
                        + " AND ROW(t.\"Agent\"\"Id\", t.\"Text\") IS DISTINCT FROM ROW(e.v1::bigint, NULL)");
    }

    @Test
    void aRemoval() {
        assertThat(PostgresSql.delete(table))
                .isEqualTo("DELETE FROM \"public\".\"Memories\" WHERE \"Id\" = ANY(?::text[]::uuid[])");
    }
}
