package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that PostgreSQL allows and nobody wants: each is quoted wherever it goes, and does what a good name does. */
class OddNamesIT {

    /** The longest, and so are the slot's, the publication's and the origins' names. */
    private static final String NAME = "a_name_as_long_as_a_name_may_be_and_no_l";

    private static final String SCHEMA = "Sch \"ö\"; DROP %s 'x' \\ $1 ?";
    private static final String MESSAGES = "M'e?s$1,.s%a\"g;e ü :x <y> \\";
    private static final String KEY = "k\"e;y /*?*/ --";
    private static final String PERSONA = "from \"P\"; $2 ? 'x'";
    private static final String AGENT = "agent's :id <x> \"a\" %";
    private static final String CONTENT = "C\\o%n.t, {0} ${y}";
    private static final String HASH = "h:a#s'h;--\"";
    private static final String PERSONAS = "Per.sonas \"ü\" {}|*+[^]";
    private static final String PERSONA_ID = "i d";
    private static final String PERSONA_NAME = "n\"a'm?e";
    private static final String AGENTS = "A\"gents ; % $$";

    private final TestDatabase db = TestPostgres.database();

    @TempDir
    private Path folder;

    @Test
    void everyNameIsQuotedEverywhere() throws Exception {
        db.execute("""
                CREATE SCHEMA %s;
                CREATE TABLE %s (%s int PRIMARY KEY, %s text);
                CREATE TABLE %s (%s bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, %s int, %s text);
                """.formatted(
                q(SCHEMA), at(PERSONAS), q(PERSONA_ID), q(PERSONA_NAME), at(MESSAGES), q(KEY), q(PERSONA), q(CONTENT)));
        db.execute("INSERT INTO " + at(PERSONAS) + " SELECT i, 'p' || i FROM generate_series(1, 9) i");
        write(50);
        String yaml = yaml();
        Path file = Files.writeString(folder.resolve("lockstep.yaml"), yaml);
        assertThat(cli(file, "check").path("ok").asBoolean()).isTrue();
        LockstepConfig config = ConfigLoader.parse("lockstep.yaml", yaml, Map.of());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitIndexed().awaitCaughtUp();
            assertThat(outOfStep()).as("after the backfill").isZero();

            write(50);
            db.execute("UPDATE " + at(MESSAGES) + " SET " + q(PERSONA) + " = 7, " + q(CONTENT) + " = 'new' WHERE "
                    + q(KEY) + " % 5 = 0; DELETE FROM " + at(MESSAGES) + " WHERE " + q(KEY) + " % 7 = 0; UPDATE "
                    + at(PERSONAS) + " SET " + q(PERSONA_ID) + " = 100 WHERE " + q(PERSONA_ID) + " = 9");
            sidecar.awaitCaughtUp();
            assertThat(outOfStep()).as("after the stream").isZero();
            assertThat(cli(file, "verify").path("clean").asBoolean()).isTrue();
            assertThat(cli(file, "status").at("/backfill/0/state").asText()).isEqualToIgnoringCase("done");
            assertThat(sidecar.gaps() + sidecar.deadLetters()).isZero();
            sidecar.stop();
        }
        repairs(file);
    }

    private void repairs(Path file) throws Exception {
        db.execute("UPDATE " + at(MESSAGES) + " SET " + q(AGENT) + " = NULL, " + q(HASH) + " = 'x' WHERE " + q(KEY)
                + " % 10 = 1");
        long spoilt = outOfStep();
        assertThat(spoilt).isPositive();
        CliRun run = CliRun.of("--output", "json", "-c", file.toString(), "verify");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.json().at("/tables/0/missing").asLong()).isEqualTo(spoilt);
        CliRun repair = CliRun.of("--output", "json", "-c", file.toString(), "verify", "--repair");
        assertThat(repair.exitCode()).as(repair.err()).isZero();
        assertThat(outOfStep()).isZero();
    }

    private static JsonNode cli(Path file, String command) {
        CliRun run = CliRun.of("--output", "json", "-c", file.toString(), command);
        assertThat(run.exitCode()).as(command + ": " + run.err() + run.out()).isZero();
        return run.json();
    }

    private void write(int rows) throws Exception {
        db.execute("INSERT INTO " + at(MESSAGES) + " (" + q(PERSONA) + ", " + q(CONTENT)
                + ") SELECT 1 + i % 9, 'm' || i FROM generate_series(1, " + rows + ") i");
    }

    private long outOfStep() throws Exception {
        return db.number("SELECT count(*) FROM " + at(MESSAGES) + " m LEFT JOIN " + at(AGENTS)
                + " a ON a.\"PersonaId\" = m."
                + q(PERSONA) + " WHERE a.\"Id\" IS NULL OR a.\"Id\" IS DISTINCT FROM m." + q(AGENT) + " OR m." + q(HASH)
                + " IS DISTINCT FROM encode(sha256(convert_to(m." + q(CONTENT) + ", 'UTF8')), 'hex')");
    }

    private String yaml() throws IOException {
        return """
                name: %s
                database: {url: "%s", user: postgres, password: postgres}
                http: {port: 0}
                savepoints: {keep: 0}
                mapping:
                  personas: {table: %s, id: %s, name: %s}
                  agents: {table: %s}
                  tables:
                    - {table: %s, persona: %s, agent: %s, content: %s, contentHash: %s}
                """.formatted(
                        NAME,
                        db.config().url(),
                        y(SCHEMA + "." + PERSONAS),
                        y(PERSONA_ID),
                        y(PERSONA_NAME),
                        y(SCHEMA + "." + AGENTS),
                        y(SCHEMA + "." + MESSAGES),
                        y(PERSONA),
                        y(AGENT),
                        y(CONTENT),
                        y(HASH));
    }

    /** As a YAML text: a JSON text is one. {@code $$} stands for a dollar that begins no variable. */
    private static String y(String name) throws IOException {
        return JsonMapper.builder().build().writeValueAsString(name.replace("${", "$${"));
    }

    private static String at(String table) {
        return q(SCHEMA) + "." + q(table);
    }

    private static String q(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
