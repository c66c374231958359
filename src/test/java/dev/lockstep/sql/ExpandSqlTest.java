package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpandSqlTest {

    private static final String CONTROL_SCHEMA = "CREATE SCHEMA \"lockstep\";\n";

    @ParameterizedTest
    @CsvSource({"PASCAL, 14", "PASCAL, 18", "SNAKE, 14", "SNAKE, 18"})
    void the_whole_plan(LegacySchema legacy, int major) throws Exception {
        Map<TableName, TableShape> shapes = LegacyShapes.of(legacy);
        Mapping mapping = MappingResolver.resolve(legacy.spec(), shapes);

        List<ExpandStep> plan = ExpandSql.expand("lockstep", CONTROL_SCHEMA, mapping, shapes, facts(legacy, major));

        Golden.check("sql/expand-" + legacy.name().toLowerCase(Locale.ROOT) + "-" + major + ".txt", text(plan));
    }

    @ParameterizedTest
    @CsvSource({"PASCAL", "SNAKE"})
    void what_comes_after_the_backfill(LegacySchema legacy) throws Exception {
        Mapping mapping = MappingResolver.resolve(legacy.spec(), LegacyShapes.of(legacy));

        List<ExpandStep> plan = ExpandSql.afterBackfill(mapping, expanded(mapping));

        Golden.check("sql/after-backfill-" + legacy.name().toLowerCase(Locale.ROOT) + ".txt", text(plan));
    }

    @Test
    void an_index_name_taken_by_another_index_is_avoided() {
        Mapping mapping = MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));
        ExpandFacts.Index partial = new ExpandFacts.Index(
                new TableName("public", "Messages"),
                "IX_Messages_FromAgentId",
                List.of("FromAgentId"),
                false,
                false,
                true,
                false,
                Optional.empty());

        String plan = text(ExpandSql.afterBackfill(mapping, with(List.of(partial), List.of())));

        assertThat(plan)
                .contains("\"IX_Messages_FromAgentId_lockstep\" ON \"public\".\"Messages\" (\"FromAgentId\")")
                .doesNotContain("DROP INDEX CONCURRENTLY");
    }

    private static ExpandFacts facts(LegacySchema legacy, int major) {
        ExpandFacts untouched = ExpandFacts.untouched(major, "shop", "app");
        return switch (legacy) {
            case PASCAL -> untouched;
            case SNAKE ->
                new ExpandFacts(
                        major,
                        "shop",
                        "app",
                        false,
                        List.of(new ExpandFacts.Index(
                                new TableName("app", "agents"),
                                "agents_persona_id_key",
                                List.of("persona_id"),
                                true,
                                true,
                                true,
                                false,
                                Optional.empty())),
                        List.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        Set.of(),
                        List.of(),
                        false,
                        0);
        };
    }

    private static ExpandFacts expanded(Mapping mapping) {
        List<ExpandFacts.ForeignKey> keys = mapping.tables().stream()
                .map(table -> new ExpandFacts.ForeignKey(
                        table.table(),
                        "key_of_" + table.table().name(),
                        List.of(table.agent().name()),
                        mapping.agents().table(),
                        List.of(mapping.agents().id().name()),
                        false))
                .toList();
        return with(List.of(), keys);
    }

    private static ExpandFacts with(List<ExpandFacts.Index> indexes, List<ExpandFacts.ForeignKey> keys) {
        return new ExpandFacts(
                18,
                "shop",
                "app",
                true,
                indexes,
                keys,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                true,
                Set.of(),
                List.of(),
                false,
                0);
    }

    static String text(List<ExpandStep> plan) {
        return plan.stream().map(ExpandSqlTest::text).collect(Collectors.joining("\n"));
    }

    private static String text(ExpandStep step) {
        return "== " + step.title() + " (" + step.mode() + ")\nneeds: " + step.needs() + "\n"
                + String.join(";\n", step.sql()) + ";\n"
                + step.undo().stream().map(undo -> "undo: " + undo + ";\n").collect(Collectors.joining());
    }
}
