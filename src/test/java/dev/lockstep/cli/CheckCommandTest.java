package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code check} from the command line to a real server and back. */
class CheckCommandTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void aReadyDatabase(LegacySchema schema) throws Exception {
        TestDatabase database = legacy(schema);
        String config = config(database, "postgres", "ready_" + name(schema), schema);

        CliRun json = CliRun.of("check", "-c", config, "--output", "json");
        CliRun human = CliRun.of("-c", config, "check");

        assertThat(json.err()).isEmpty();
        assertThat(json.exitCode()).isZero();
        assertThat(json.json().get("ok").asBoolean()).isTrue();
        assertThat(found(json, "info")).contains("xmin-token");
        assertThat(found(json, "warning")).contains("slot-wal-unlimited");
        assertThat(json.json().get("findings"))
                .allSatisfy(finding -> assertThat(finding.fieldNames())
                        .toIterable()
                        .containsExactly("severity", "id", "message", "remedy"));
        assertThat(human.exitCode()).isZero();
        assertThat(human.out())
                .contains("warning  slot-wal-unlimited: ")
                .contains("ready: 0 errors, ")
                .contains(database.config().url() + " (PostgreSQL ");
    }

    @ParameterizedTest
    @EnumSource
    void aRoleWithoutRightsIsReadyOnceTheRemediesArePasted(LegacySchema schema) throws Exception {
        TestDatabase database = legacy(schema);
        String role = "app_" + name(schema);
        database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'app'");
        if (schema == LegacySchema.PASCAL) {
            database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC"); // as from version 15 on
            database.execute("ALTER TABLE \"Messages\" ENABLE ROW LEVEL SECURITY");
        }
        String config = config(database, role, "rights_" + name(schema), schema);

        CliRun before = CliRun.of("check", "-c", config, "--output", "json");
        for (JsonNode finding : before.json().get("findings")) {
            if (!finding.get("severity").asText().equals("warning")
                    && finding.get("remedy").asText().matches("(GRANT|ALTER ROLE) .*")) {
                database.execute(finding.get("remedy").asText().replaceFirst("; --.*", ""));
            }
        }
        CliRun after = CliRun.of("check", "-c", config, "--output", "json");

        assertThat(before.exitCode()).isEqualTo(1);
        assertThat(before.json().get("ok").asBoolean()).isFalse();
        assertThat(found(before, "error"))
                .contains("replication-privilege", "create-in-database", "table-owner", "table-privilege")
                .contains(schema == LegacySchema.PASCAL ? "row-security" : "schema-usage");
        assertThat(found(before, "info")).contains("origin-functions", "sessions-hidden");
        assertThat(found(after, "error")).isEmpty();
        assertThat(found(after, "info")).doesNotContain("origin-functions", "sessions-hidden");
        assertThat(after.exitCode()).isZero();
    }

    @Test
    void tablesThatCannotBeFollowed() throws Exception {
        TestDatabase database = TestPostgres.database();
        database.execute("""
                CREATE TABLE people (id int PRIMARY KEY, name text);
                CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY, persona int);
                CREATE VIEW view AS SELECT * FROM unlogged;
                CREATE FOREIGN DATA WRAPPER elsewhere;
                CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
                CREATE FOREIGN TABLE remote (id int, persona int) SERVER elsewhere;
                CREATE TABLE keyless (persona int);
                CREATE TABLE mute (id int PRIMARY KEY, persona int);
                ALTER TABLE mute REPLICA IDENTITY NOTHING;
                CREATE TABLE wide (id int PRIMARY KEY, persona int);
                ALTER TABLE wide REPLICA IDENTITY FULL;
                CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, persona int);
                CREATE TABLE parted (id int PRIMARY KEY, persona int) PARTITION BY RANGE (id);
                CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (9);
                CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (9) TO (99);
                ALTER TABLE parted_high REPLICA IDENTITY NOTHING;
                CREATE TABLE plain (id int PRIMARY KEY, persona int, agent uuid, other text);
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER any_column BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER of_agent AFTER UPDATE OF agent ON plain FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER of_other BEFORE UPDATE OF other ON plain FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER of_insert BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER of_statement AFTER UPDATE ON plain FOR EACH STATEMENT EXECUTE FUNCTION touch();
                CREATE TRIGGER is_off BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION touch();
                ALTER TABLE plain DISABLE TRIGGER is_off;
                CREATE TRIGGER of_parent BEFORE UPDATE ON parted FOR EACH ROW EXECUTE FUNCTION touch();
                """);
        String mapping = Stream.of(
                        "unlogged", "view", "remote", "keyless", "mute", "wide", "late", "parted", "plain", "none")
                .map(table -> "    - {table: " + table + ", persona: persona, agent: agent}\n")
                .reduce("mapping:\n  personas: {table: people, id: id, name: name}\n  tables:\n", String::concat);

        CliRun run = CliRun.of("check", "--output=json", "-c", config(database, "postgres", "tables_check", mapping));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(about(run))
                .contains(
                        "unlogged-table: public.unlogged",
                        "not-a-table: public.view",
                        "not-a-table: public.remote",
                        "no-primary-key: public.keyless",
                        "replica-identity-nothing: public.mute",
                        "replica-identity-full: public.wide",
                        "deferrable-key: public.late",
                        "replica-identity-nothing: public.parted_high",
                        "table-missing: public.none",
                        "row-trigger: any_column public.plain",
                        "row-trigger: of_agent public.plain",
                        "row-trigger: of_parent public.parted")
                .filteredOn(line -> line.startsWith("row-trigger"))
                .hasSize(3);
    }

    @Test
    void aNameThatIsTaken() throws Exception {
        TestDatabase database = legacy(LegacySchema.PASCAL);
        database.execute("CREATE SCHEMA taken_name; CREATE PUBLICATION taken_name FOR TABLE \"Messages\"");
        database.execute("SELECT pg_create_physical_replication_slot('taken_name')");
        try {
            CliRun run = CliRun.of(
                    "check", "--output=json", "-c", config(database, "postgres", "taken_name", LegacySchema.PASCAL));

            assertThat(found(run, "error"))
                    .containsExactly("schema-name-taken", "publication-name-taken", "slot-name-taken");
            assertThat(run.exitCode()).isEqualTo(1);
        } finally {
            database.execute("SELECT pg_drop_replication_slot('taken_name')");
        }
    }

    private static TestDatabase legacy(LegacySchema schema) throws SQLException {
        TestDatabase database = TestPostgres.database();
        database.execute(schema.ddl());
        return database;
    }

    private String config(TestDatabase database, String user, String name, LegacySchema schema) throws IOException {
        return config(database, user, name, schema.yaml());
    }

    private String config(TestDatabase database, String user, String name, String mapping) throws IOException {
        return Files.writeString(
                        folder.resolve("lockstep.yaml"),
                        "name: " + name + "\ndatabase: {url: '"
                                + database.config().url() + "', user: " + user + ", password: x}\n" + mapping)
                .toString();
    }

    private static String name(LegacySchema schema) {
        return schema.name().toLowerCase(Locale.ROOT);
    }

    private static List<String> found(CliRun run, String severity) {
        return findings(run)
                .filter(finding -> finding.get("severity").asText().equals(severity))
                .map(finding -> finding.get("id").asText())
                .distinct()
                .toList();
    }

    /** {@code id: } and the names of relations and triggers in the message. */
    private static List<String> about(CliRun run) {
        return findings(run)
                .map(finding -> finding.get("id").asText() + ": "
                        + finding.get("message")
                                .asText()
                                .replaceFirst("^trigger (\\w+) on (\\S+) .*", "$1 $2")
                                .replaceFirst("^(?!\\w+ public).*?(public\\.\\w+)( .*)?$", "$1"))
                .toList();
    }

    private static Stream<JsonNode> findings(CliRun run) {
        return StreamSupport.stream(run.json().get("findings").spliterator(), false);
    }
}
