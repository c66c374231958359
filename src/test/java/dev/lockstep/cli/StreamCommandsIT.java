package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code savepoint}, {@code replay} and {@code dead-letters} as they are typed. */
class StreamCommandsIT {

    private final TestDatabase db = TestPostgres.database();

    @TempDir
    private Path folder;

    @Test
    void savepointsAndReplays() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.untilCaughtUp();
            configure(sidecar);
            CliRun made = run("savepoint", "create", "before");
            assertThat(made.exitCode()).as(made.err()).isZero();
            assertThat(made.out()).startsWith("savepoint before at ");
            assertThat(run("savepoint", "create", "before").exitCode()).isEqualTo(2);
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                    + " SELECT gen_random_uuid(), 'm' FROM generate_series(1, 10)");
            sidecar.untilCaughtUp();
            db.execute("SELECT pg_replication_origin_create('" + sidecar.name() + "_99');"
                    + " SELECT pg_replication_origin_session_setup('" + sidecar.name() + "_99');"
                    + " UPDATE \"Messages\" SET \"FromAgentId\" = NULL");
            JsonNode looked = run("replay", "--from-savepoint", "before", "--dry-run", "--output", "json")
                    .json();
            assertThat(looked.at("/tables/public.Messages/outOfStep").asInt()).isEqualTo(10);
            JsonNode mended = run("replay", "--from-savepoint", "before", "--output", "json")
                    .json();
            assertThat(mended.path("mended").asInt()).isEqualTo(10);
            assertThat(Judge.PASCAL.outOfStep(db)).isZero();

            assertThat(run("savepoint", "list", "--output", "json")
                            .json()
                            .at("/savepoints/0/name")
                            .asText())
                    .isEqualTo("before");
            assertThat(run("savepoint", "drop", "before").exitCode()).isZero();
            assertThat(run("savepoint", "drop", "before").exitCode()).isEqualTo(2);
            assertThat(run("savepoint", "list").out()).isEqualToIgnoringNewLines("no savepoints");
            CliRun gone = run("replay", "--from-time", "2026-01-01T00:00:00Z");
            assertThat(gone.exitCode()).isEqualTo(2);
            assertThat(gone.err()).contains("lockstep verify --repair").hasLineCount(1);
        }
    }

    @Test
    void whatIsWrongIsALineAndTwo() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            configure(sidecar);
            for (String[] line : new String[][] {
                {"savepoint"},
                {"savepoint", "create", "No!"},
                {"dead-letters"},
                {"dead-letters", "show", "Messages", "1"},
                {"dead-letters", "discard"},
                {"dead-letters", "retry", "--key", "1"},
                {"replay"},
                {"replay", "--from-lsn", "nonsense"},
                {"replay", "--from-time", "yesterday"},
                {"replay", "--from-lsn", "0/1", "--table", "Nowhere"},
                {"replay", "--from-lsn", "0/1", "--from-savepoint", "x"},
            }) {
                CliRun run = run(line);
                assertThat(run.exitCode()).as(String.join(" ", line)).isEqualTo(2);
                assertThat(run.err()).as(String.join(" ", line)).hasLineCount(1);
            }
        }
    }

    @Test
    void deadLettersAreShownRetriedAndDiscarded() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).start()) {
            configure(sidecar);
            sidecar.awaitCaughtUp().awaitIndexed();
            db.execute("ALTER TABLE \"Messages\" ADD CONSTRAINT no_poison"
                    + " CHECK (\"FromAgentId\" IS NULL OR \"Content\" <> 'poison');"
                    + " INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                    + " SELECT gen_random_uuid(), 'poison' FROM generate_series(1, 3)");
            Await.until("three letters", () -> sidecar.deadLetters() == 3);
            JsonNode list = run("dead-letters", "list", "--output", "json").json();
            assertThat(list.path("count").asInt()).isEqualTo(3);
            String key = list.at("/deadLetters/0/key/0").asText();
            assertThat(run("dead-letters", "show", "public.Messages", key).out())
                    .contains(" " + key + " ", "no_poison")
                    .doesNotContain("'poison'");
            assertThat(run("dead-letters", "discard", "--table", "Messages", "--key", key)
                            .exitCode())
                    .isZero();
            assertThat(sidecar.deadLetters()).isEqualTo(2);
            for (String again : List.of("discard", "retry")) {
                assertThat(run("dead-letters", again, "--table", "Messages", "--key", key)
                                .exitCode())
                        .as("%s of one that is not there", again)
                        .isEqualTo(2);
            }
            db.execute("ALTER TABLE \"Messages\" DROP CONSTRAINT no_poison");
            assertThat(run("dead-letters", "retry", "--output", "json")
                            .json()
                            .path("retried")
                            .asInt())
                    .isEqualTo(2);
            Await.until("they are mended", () -> sidecar.deadLetters() == 0);
            assertThat(Judge.PASCAL.outOfStep(db))
                    .as("the one that was discarded")
                    .isOne();
            sidecar.stop();
            assertThat(run("verify").out())
                    .contains("NOT IN STEP, rows under way among it", "no `lockstep run` to wait for");
        }
    }

    private void configure(SidecarHarness sidecar) throws IOException {
        Files.writeString(folder.resolve("lockstep.yaml"), """
                name: %s
                database: {url: '%s', user: %s, password: '%s'}
                http: {port: 0}
                """.formatted(
                        sidecar.name(),
                        db.config().url(),
                        db.config().user(),
                        db.config().password()));
    }

    private CliRun run(String... arguments) {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("-c", folder.resolve("lockstep.yaml").toString()));
        return CliRun.of(line.toArray(String[]::new));
    }
}
