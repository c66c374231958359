package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.VectorSchema;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExpandScriptTest {

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void the_printed_script_does_all_that_expand_would_do(LegacySchema legacy) throws Exception {
        try (Expansion expansion = Expansion.of(legacy.ddl(), legacy.spec())) {
            Path script = script(expansion);

            runWhole(expansion.database().config(), script);

            assertThat(expansion.expander().plan()).isEmpty();
            assertThat(expansion.database().number("SELECT count(*) FROM " + expansion.name() + ".position"))
                    .isOne();
        }
    }

    @ParameterizedTest
    @EnumSource
    void vectors_and_their_recall_are_in_the_script(VectorSchema schema) throws Exception {
        try (Expansion expansion = Expansion.of(schema.ddl(), schema.spec(OnDelete.MARK))) {
            runWhole(expansion.database().config(), script(expansion));

            assertThat(expansion.expander().plan()).isEmpty();
            assertThat(expansion.database().number("SELECT count(*) FROM pg_proc WHERE proname = 'recall'"))
                    .isOne();
        }
    }

    @Test
    void without_psql_its_statements_run_by_any_other_client() throws Exception {
        try (Expansion expansion = Expansion.of(LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec())) {
            runByJdbc(expansion.database().connect(), script(expansion));

            assertThat(expansion.expander().plan()).isEmpty();
        }
    }

    @Test
    void a_script_can_hold_index_builds_too() throws Exception {
        try (Expansion expansion = Expansion.of(LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec())) {
            expansion.expander().expand();
            Path script = directory.resolve("indexes.sql");
            Files.writeString(
                    script,
                    ExpandScript.psql(expansion.name(), expansion.postBackfill().plan(), Patience.DEFAULT));

            runWhole(expansion.database().config(), script);

            assertThat(expansion.postBackfill().plan()).isEmpty();
        }
    }

    @Test
    void an_expanded_database_has_an_empty_script() {
        assertThat(ExpandScript.psql("lockstep", List.of(), Patience.DEFAULT))
                .isEqualTo("-- lockstep expand of lockstep\n-- Nothing is missing.\n");
    }

    private Path script(Expansion expansion) throws IOException {
        return Files.writeString(
                directory.resolve("expand.sql"),
                ExpandScript.psql(expansion.name(), expansion.expander().plan(), Patience.DEFAULT));
    }

    private static void runWhole(DatabaseConfig config, Path script)
            throws IOException, InterruptedException, SQLException {
        Optional<Path> psql = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, "psql"))
                .filter(Files::isExecutable)
                .findFirst();
        if (psql.isPresent()) {
            runByPsql(psql.get(), config, script);
        } else {
            runByJdbc(java.sql.DriverManager.getConnection(config.url(), config.user(), config.password()), script);
        }
    }

    private static void runByPsql(Path psql, DatabaseConfig config, Path script)
            throws IOException, InterruptedException {
        Path output = script.resolveSibling("psql.out");
        ProcessBuilder builder = new ProcessBuilder(
                        psql.toString(),
                        "-X",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-d",
                        config.url().substring("jdbc:".length()),
                        "-U",
                        config.user(),
                        "-f",
                        script.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("PGPASSWORD", config.password());
        int exit = builder.start().waitFor();
        assertThat(exit).as(Files.readString(output, StandardCharsets.UTF_8)).isZero();
    }

    /** A block between BEGIN and COMMIT goes in one piece, anything else statement by statement. */
    private static void runByJdbc(Connection connection, Path script) throws IOException, SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            for (String part : Pattern.compile("\n(?=-- \\d+\\. )").split(Files.readString(script), -1)) {
                if (part.contains("BEGIN;")) {
                    statement.execute(part);
                } else {
                    for (String sql : part.split(";\n", -1)) {
                        statement.execute(sql);
                    }
                }
            }
        }
    }
}
