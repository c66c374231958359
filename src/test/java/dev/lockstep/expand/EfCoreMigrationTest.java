package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.sql.ExpandFacts;
import dev.lockstep.sql.ExpandSql;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.sql.LegacyShapes;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.VectorSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EfCoreMigrationTest {

    private static final Pattern CALL =
            Pattern.compile("migrationBuilder\\.Sql\\(@\"((?:[^\"]++|\"\")*+)\"(, suppressTransaction: true)?\\);");

    private static final String OBJECTS = """
            SELECT n.nspname, c.relname, a.attname FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
            UNION ALL SELECT 'constraint', conname::text, '' FROM pg_constraint
            UNION ALL SELECT 'function', oid::regprocedure::text, '' FROM pg_proc WHERE proname LIKE 'recall%'
            UNION ALL SELECT 'publication', pubname::text, '' FROM pg_publication
            UNION ALL SELECT 'slot', slot_name::text, '' FROM pg_replication_slots WHERE database = current_database()
             ORDER BY 1, 2, 3
            """;

    @Test
    void the_whole_class() throws Exception {
        var shapes = LegacyShapes.of(LegacySchema.PASCAL);
        List<ExpandStep> plan = ExpandSql.expand(
                "lockstep",
                "CREATE SCHEMA \"lockstep\";",
                MappingResolver.resolve(LegacySchema.PASCAL.spec(), shapes),
                shapes,
                ExpandFacts.untouched(18, "shop", "app"));

        Golden.check("expand/LockstepExpand.cs", EfCoreMigration.render("lockstep", plan, Patience.DEFAULT));
        Golden.check("expand/expand.sql", ExpandScript.psql("lockstep", plan, Patience.DEFAULT));
    }

    @ParameterizedTest
    @EnumSource
    void up_does_all_that_expand_would_do_and_down_takes_it_back(LegacySchema legacy) throws Exception {
        upAndDown(legacy.ddl(), legacy.spec());
    }

    @ParameterizedTest
    @EnumSource
    void up_makes_recall_and_down_takes_it_back(VectorSchema schema) throws Exception {
        upAndDown(schema.ddl(), schema.spec(OnDelete.MARK));
    }

    @Test
    void recall_alone_is_taken_back_where_the_rest_was_there() throws Exception {
        String ddl = VectorSchema.PASCAL.ddl();
        try (Expansion expansion = Expansion.of(ddl, VectorSchema.PASCAL.spec(OnDelete.MARK))) {
            expansion.expander().expand();
            expansion.database().execute("DROP FUNCTION " + expansion.name() + ".recall");
            upAndDown(expansion);
        }
    }

    private static void upAndDown(String ddl, MappingSpec spec) throws SQLException {
        try (Expansion expansion = Expansion.of(ddl, spec)) {
            upAndDown(expansion);
        }
    }

    private static void upAndDown(Expansion expansion) throws SQLException {
        List<List<String>> before = expansion.database().rows(OBJECTS);
        String migration = migration(expansion);
        int down = migration.indexOf("void Down");

        run(expansion.database(), migration.substring(0, down));

        assertThat(expansion.expander().plan()).isEmpty();

        run(expansion.database(), migration.substring(down));

        assertThat(expansion.database().rows(OBJECTS)).isEqualTo(before);
    }

    @Test
    void index_builds_stand_outside_the_transaction() throws Exception {
        try (Expansion expansion = Expansion.of(LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec())) {
            expansion.expander().expand();
            String migration = EfCoreMigration.render(
                    expansion.name(), expansion.postBackfill().plan(), Patience.DEFAULT);
            int down = migration.indexOf("void Down");

            run(expansion.database(), migration.substring(0, down));
            assertThat(expansion.postBackfill().plan()).isEmpty();

            run(expansion.database(), migration.substring(down));
            assertThat(expansion.postBackfill().plan()).isNotEmpty();
        }
    }

    @Test
    void what_is_not_in_a_string_is_balanced_csharp() throws Exception {
        try (Expansion expansion =
                Expansion.of("CREATE SCHEMA app; " + LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec())) {
            String code =
                    CALL.matcher(migration(expansion)).replaceAll("call();").replaceAll("(?m)//.*$", "");

            assertThat(code).doesNotContain("\"").doesNotContain("Sql(");
            assertThat(code.chars().filter(c -> c == '{').count())
                    .isEqualTo(code.chars().filter(c -> c == '}').count())
                    .isEqualTo(3);
            assertThat(code.chars().filter(c -> c == '(').count())
                    .isEqualTo(code.chars().filter(c -> c == ')').count());
        }
    }

    @Test
    void an_expanded_database_gives_an_empty_migration() {
        assertThat(EfCoreMigration.render("lockstep", List.of(), Patience.DEFAULT))
                .contains("void Up(MigrationBuilder migrationBuilder)\n    {\n        // Nothing to do.\n    }");
    }

    private static String migration(Expansion expansion) {
        return EfCoreMigration.render(expansion.name(), expansion.expander().plan(), Patience.DEFAULT);
    }

    /** As EF Core does: one transaction over the calls, committed before one that wants none. */
    private static void run(TestDatabase database, String method) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (MatchResult call : CALL.matcher(method).results().toList()) {
                connection.setAutoCommit(call.group(2) != null);
                statement.execute(call.group(1).replace("\"\"", "\""));
            }
            connection.setAutoCommit(true);
        }
    }
}
