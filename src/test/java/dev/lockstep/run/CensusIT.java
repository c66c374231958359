package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who still writes without knowing of agents is counted by table and hour, and the count outlives the process. */
class CensusIT {

    private final TestDatabase db = TestPostgres.database();

    @TempDir
    Path folder;

    @Test
    void rowsOfLegacyWritersAreCountedThoseOfMigratedOnesAreNot() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.start().awaitCaughtUp();
            db.execute("INSERT INTO \"Personas\" SELECT gen_random_uuid() FROM generate_series(1, 3)");
            sidecar.awaitCaughtUp();
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old' FROM \"Personas\";"
                            + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"FromAgentId\", \"Content\")"
                            + " SELECT \"PersonaId\", \"Id\", 'new' FROM \"Agents\";"
                            + "INSERT INTO \"Messages\" (\"Content\") VALUES ('of nobody');"
                            + "UPDATE \"Messages\" SET \"Content\" = 'changed'");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "Messages")).isEqualTo(3);
            assertThat(counted(sidecar, "Personas")).isZero();

            sidecar.stop();
            sidecar.start();
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old' FROM \"Personas\"");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "Messages")).isEqualTo(6);
            List<StatusReport.Census> shown =
                    StatusReader.once(sidecar.lockstep(), sidecar.config()).census();
            assertThat(shown).extracting(StatusReport.Census::table).containsExactly("public.Messages");
            assertThat(shown.get(0).writes()).isEqualTo(6);
        }
    }

    @Test
    void soAreThoseOfASchemaWithIntegerKeys() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec())) {
            sidecar.start().awaitCaughtUp();
            db.execute("INSERT INTO app.messages (from_persona_id, body) SELECT 7, 'm' FROM generate_series(1, 20)");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "messages")).isEqualTo(20);
        }
    }

    /** Nothing says which session wrote a row; who was connected meanwhile narrows it down. */
    @Test
    void whoWasConnectedMeanwhileIsNamed() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec());
                Connection migrated = named("migrated-service")) {
            sidecar.start().awaitCaughtUp();
            try (Statement statement = migrated.createStatement()) {
                statement.execute(
                        "INSERT INTO app.messages (from_persona_id, from_agent_id, body) VALUES (NULL, NULL, 'm')");
            }
            sidecar.awaitCaughtUp();
            assertThat(clients(sidecar)).as("nothing of an old writer came yet").isEmpty();

            try (Connection old = named("old-service");
                    Connection replay = named(sidecar.name() + "_replay_dry/capture");
                    Connection pooled = named("old-service"); // two of one name once failed the whole heartbeat
                    Statement statement = old.createStatement()) {
                statement.execute("INSERT INTO app.messages (from_persona_id, body) VALUES (7, 'm')");
                Await.until(
                        "it is named, and a replay of ours beside it is not",
                        () -> clients(sidecar).stream().anyMatch(c -> c.contains("old-service")));
                assertThat(pooled.isValid(5)).isTrue();
                assertThat(replay.isValid(5)).isTrue();
            }
            assertThat(clients(sidecar)).noneMatch(name -> name.startsWith(sidecar.name()));

            Path yaml = Files.writeString(
                    folder.resolve("lockstep.yaml"),
                    """
                    name: %s
                    database: {url: "%s", user: postgres, password: postgres}
                    """.formatted(sidecar.name(), db.config().url()) + LegacySchema.SNAKE.yaml());
            Distribution.Ended census = Distribution.built().run(folder, "census", "-c", yaml.toString());
            assertThat(census.exitCode()).as(census.err()).isEqualTo(1);
            assertThat(census.out()).contains("app.messages", "1 rows", "old-service");
            db.execute("UPDATE " + sidecar.name() + ".census SET last_seen = now() - interval '25 h'");
            Distribution.Ended quiet =
                    Distribution.built().run(folder, "census", "-c", yaml.toString(), "--output", "json");
            assertThat(quiet.exitCode()).as(quiet.err()).isZero();
            assertThat(quiet.out()).contains("\"quiet\":true");
        }
    }

    private Connection named(String application) throws Exception {
        return DriverManager.getConnection(
                db.config().url() + (db.config().url().contains("?") ? "&" : "?") + "ApplicationName=" + application,
                "postgres",
                "postgres");
    }

    private List<String> clients(SidecarHarness sidecar) throws Exception {
        return db.rows("SELECT application_name FROM " + sidecar.name() + ".census_client").stream()
                .map(row -> row.get(0))
                .toList();
    }

    private long counted(SidecarHarness sidecar, String table) throws Exception {
        return db.number("SELECT coalesce(sum(writes), 0) FROM " + sidecar.name() + ".census WHERE table_name = '"
                + table + "'");
    }
}
