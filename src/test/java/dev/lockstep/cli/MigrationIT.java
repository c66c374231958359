package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The whole migration with the packaged commands, NEW to CONTRACTED and back once, beside writers of both kinds, judged by
 * joins of the test's own.
 */
class MigrationIT {

    @SuppressWarnings("ImmutableEnumChecker") // it is; it only lacks the annotation
    private enum Words {
        PASCAL(
                LegacySchema.PASCAL,
                Judge.PASCAL,
                "INSERT INTO \"Personas\" (\"Name\") SELECT i FROM generate_series(1, 5) i; ALTER TABLE \"Messages\" ADD CONSTRAINT"
                        + " old_key FOREIGN KEY (\"FromPersonaId\") REFERENCES \"Personas\"; CREATE INDEX old_index ON \"Messages\""
                        + " (\"FromPersonaId\")",
                List.of(
                        "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old' FROM \"Personas\"",
                        "UPDATE \"Messages\" SET \"FromPersonaId\" = (SELECT \"Id\" FROM \"Personas\" ORDER BY random() LIMIT 1)"
                                + " WHERE \"Id\" = (SELECT \"Id\" FROM \"Messages\" WHERE \"Content\" = 'old' LIMIT 1)"),
                List.of(
                        "INSERT INTO \"Messages\" (\"FromAgentId\", \"Content\") SELECT \"Id\", 'new' FROM \"Agents\"",
                        "UPDATE \"Messages\" SET \"FromPersonaId\" = NULL, \"FromAgentId\" = (SELECT \"Id\" FROM \"Agents\""
                                + " ORDER BY random() LIMIT 1) WHERE \"Id\" = (SELECT \"Id\" FROM \"Messages\" WHERE"
                                + " \"Content\" = 'new' LIMIT 1)"),
                "CREATE TABLE before AS SELECT \"Id\" FROM \"Messages\"",
                "\"Messages\" m JOIN \"Agents\" a ON a.\"Id\" = m.\"FromAgentId\" AND m.\"FromPersonaId\" IS DISTINCT FROM"
                        + " a.\"PersonaId\"",
                "\"ContentHash\"",
                "\"Messages\""),
        SNAKE(
                LegacySchema.SNAKE,
                Judge.SNAKE,
                "INSERT INTO app.personas (display_name) SELECT i FROM generate_series(1, 5) i; ALTER TABLE app.messages ADD"
                        + " CONSTRAINT old_key FOREIGN KEY (from_persona_id) REFERENCES app.personas; CREATE INDEX old_index ON"
                        + " app.messages (from_persona_id)",
                List.of(
                        "INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, 'old' FROM app.personas",
                        "UPDATE app.messages SET from_persona_id = 1 + floor(random() * 5) WHERE message_id ="
                                + " (SELECT message_id FROM app.messages WHERE body = 'old' LIMIT 1)"),
                List.of(
                        "INSERT INTO app.messages (from_agent_id, body) SELECT agent_id, 'new' FROM app.agents",
                        "UPDATE app.messages SET from_persona_id = NULL, from_agent_id = (SELECT agent_id FROM app.agents"
                                + " ORDER BY random() LIMIT 1) WHERE message_id = (SELECT message_id FROM app.messages WHERE"
                                + " body = 'new' LIMIT 1)"),
                "CREATE TABLE before AS SELECT message_id FROM app.messages",
                "app.messages m JOIN app.agents a ON a.agent_id = m.from_agent_id AND m.from_persona_id IS DISTINCT FROM"
                        + " a.persona_id",
                "content_hash",
                "app.messages");

        private final LegacySchema schema;
        private final Judge judge;
        private final String legacy;
        private final List<String> oldWriter;
        private final List<String> newWriter;
        private final String remember;
        private final String wrongWayRound;
        private final String hash;
        private final String table;

        Words(
                LegacySchema schema,
                Judge judge,
                String legacy,
                List<String> oldWriter,
                List<String> newWriter,
                String remember,
                String wrongWayRound,
                String hash,
                String table) {
            this.schema = schema;
            this.judge = judge;
            this.legacy = legacy;
            this.oldWriter = oldWriter;
            this.newWriter = newWriter;
            this.remember = remember;
            this.wrongWayRound = wrongWayRound;
            this.hash = hash;
            this.table = table;
        }
    }

    @TempDir
    Path folder;

    private final TestDatabase db = TestPostgres.database();

    @ParameterizedTest
    @EnumSource(Words.class)
    void fromNewToContractedAndBackOnce(Words words) throws Exception {
        db.execute(words.schema.ddl());
        db.execute(words.legacy);
        String name = "migration_" + words.name().toLowerCase(Locale.ROOT);
        Files.writeString(
                folder.resolve("lockstep.yaml"), """
                name: %s
                database: {url: "%s", user: postgres, password: postgres}
                http: {port: 0}
                run: {heartbeatSeconds: 1}
                cutover: {maxLagSeconds: 30, steadyMinutes: 0}
                """.formatted(name, db.config().url()) + words.schema.yaml());
        Writing old = new Writing(words.oldWriter);
        try (old) {
            assertThat(phase()).isEqualTo("NEW");
            done("expand");
            assertThat(phase()).isEqualTo("EXPANDED");
            Process run = Distribution.built().start(folder, folder.resolve("run.log"), "run", "-c", "lockstep.yaml");
            Writing migrated = new Writing(words.newWriter);
            try (migrated) {
                Await.until(
                        "rows are scanned and indexed",
                        () -> db.number("SELECT count(*) FROM " + name + ".scan WHERE state <> 'done'") == 0
                                && db.number(
                                                "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
                                        == 0);
                migrated.await(migrated.committed.get() + 10);
                done("verify", "--reads", "20");
                Await.until("nothing blocks it", () -> phase().equals("READY"));
                old.close(); // switched off half-way
                done("cutover");
                assertThat(phase()).isEqualTo("CUTOVER");
                assertThatThrownBy(() -> db.execute(words.oldWriter.get(0))).hasMessageContaining("check constraint");

                done("revert");
                assertThat(phase()).isNotEqualTo("CUTOVER");
                try (Writing again = new Writing(words.oldWriter)) {
                    again.await(20);
                }
                Await.until("it may be turned again", () -> ended("cutover").exitCode() == 0);

                migrated.await(migrated.committed.get() + 10);
                assertThat(ended("contract", "--print", "--drop-columns").out()).contains("DROP COLUMN");
                assertThat(ended("contract", "--print", "--format", "efcore").out())
                        .contains("LockstepContract : Migration");
                db.execute(words.remember);
                done("contract", "--confirm", db.text("SELECT current_database()"));
                assertThat(phase()).isEqualTo("CONTRACTED");
                assertThat(ended("status").out()).as("nothing is to be started").doesNotContain("!  ", "lockstep run`");
                assertThat(run.waitFor(1, TimeUnit.MINUTES)).as("run ends").isTrue();
                assertThat(run.exitValue())
                        .as(Files.readString(folder.resolve("run.log")))
                        .isZero();
                migrated.await(migrated.committed.get() + 5);
            } finally {
                run.destroyForcibly();
            }
            assertThat(db.number("SELECT count(*) FROM before")).isGreaterThan(100);
            String earlier = "m.xmin::text::bigint < (SELECT min(xmin::text::bigint) FROM before)";
            assertThat(db.number("SELECT count(*) FROM " + words.wrongWayRound + " WHERE " + earlier))
                    .as("rows whose persona is not their agent's, of those written before the end")
                    .isZero();
            db.execute("DELETE FROM " + words.table + " m WHERE NOT (" + earlier + ") AND " + words.hash + " IS NULL");
            assertThat(words.judge.outOfStep(db))
                    .as("rows out of step, but for those that came after the end")
                    .isZero();
            assertThat(db.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                    .isZero();
            assertThat(db.number("SELECT count(*) FROM " + name + ".gap")).isZero();
            assertThat(db.number("SELECT count(*) FROM " + name + ".dead_letter"))
                    .isZero();
            assertThat(ended("evidence", "--export", "evidence.json").exitCode())
                    .isZero();
            assertThat(ended("evidence", "--check", "evidence.json").exitCode()).isZero();
        }
    }

    private String phase() throws Exception {
        Distribution.Ended status = ended("status", "--output", "json");
        assertThat(status.exitCode()).as(status.err()).isZero();
        return JsonMapper.builder().build().readTree(status.out()).get("phase").asText();
    }

    private void done(String... command) throws Exception {
        Distribution.Ended ended = ended(command);
        assertThat(ended.exitCode())
                .as(String.join(" ", command) + ": " + ended.out() + ended.err())
                .isZero();
    }

    private Distribution.Ended ended(String... command) throws Exception {
        String[] all = Arrays.copyOf(command, command.length + 2);
        all[command.length] = "-c";
        all[command.length + 1] = "lockstep.yaml";
        return Distribution.built().run(folder, all);
    }

    /** A writer that commits one statement after the other until it is closed. */
    private final class Writing implements AutoCloseable {

        private final AtomicLong committed = new AtomicLong();
        private final StopSignal over = new StopSignal();
        private final CompletableFuture<Void> work;

        Writing(List<String> statements) {
            work = Writers.beside(() -> {
                try (Connection connection = db.connect();
                        Statement statement = connection.createStatement()) {
                    for (int i = 0; !over.pause(Duration.ofMillis(20)); i++) {
                        statement.execute(statements.get(i % statements.size()));
                        committed.incrementAndGet();
                    }
                }
            });
        }

        void await(long transactions) throws Exception {
            Await.until("it has written", () -> {
                assertThat(work).isNotCompletedExceptionally();
                return committed.get() >= transactions;
            });
        }

        @Override
        public void close() {
            over.request();
            work.join();
        }
    }
}
