package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What shadow reads ask, compared whole. */
class ReadSqlTest {

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void statements(LegacySchema schema) throws IOException {
        Mapping mapping = MappingResolver.resolve(schema.spec(), LegacyShapes.of(schema));
        StringBuilder text = new StringBuilder();
        mapping.tables().forEach(table -> add(text, table, new ReadSql("lockstep", mapping, table)));
        Golden.check("sql/read-" + schema.name().toLowerCase(Locale.ROOT) + ".txt", text.toString());
    }

    @Test
    void statementsOfVectors() throws IOException {
        Mapping mapping = RecallDdlTest.mapping("ext.vector");
        Mapping.Scoped vectors = mapping.vectors().get(0);
        StringBuilder text = new StringBuilder();
        add(text, vectors, new ReadSql("lockstep", mapping, vectors));
        Golden.check("sql/read-vectors.txt", text.toString());
    }

    @Test
    void withoutDistancesNothingIsNearest() {
        Mapping mapping = RecallDdlTest.mapping("_float4");

        assertThat(mapping.tables())
                .allSatisfy(table -> assertThat(new ReadSql("lockstep", mapping, table).nearest())
                        .isEmpty());
    }

    private static void add(StringBuilder text, Mapping.Scoped table, ReadSql sql) {
        add(text, "sample of " + table.table(), sql.sample());
        sql.byConversation().ifPresent(pair -> add(text, "by conversation", pair));
        add(text, "by persona", sql.byPersona());
        add(text, "facts", sql.facts());
        sql.nearest().ifPresent(pair -> add(text, "nearest by " + sql.recall(), pair));
    }

    private static void add(StringBuilder text, String title, ReadSql.Pair pair) {
        add(text, title + ", before", pair.before());
        add(text, title + ", after", pair.after());
    }

    private static void add(StringBuilder text, String title, String statement) {
        text.append("-- ").append(title).append('\n').append(statement).append("\n\n");
    }
}
