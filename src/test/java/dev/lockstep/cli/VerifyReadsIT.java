package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code verify --reads} as it is typed; what it has to find is planted by plain SQL, with nothing running. */
class VerifyReadsIT {

    @SuppressWarnings("ImmutableEnumChecker") // it is; it only lacks the annotation
    private enum Words {
        PASCAL(
                LegacySchema.PASCAL,
                "INSERT INTO \"Messages\" (\"Content\") SELECT repeat('x', 500) FROM generate_series(1, 2000);"
                        + "INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two');"
                        + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\";"
                        + "INSERT INTO \"Messages\" (\"ConversationId\", \"FromPersonaId\", \"Content\")"
                        + " SELECT c.\"Id\", c.\"PersonaId\", i FROM \"Conversations\" c, generate_series(1, 120) i",
                "ALTER TABLE \"Agents\" DROP CONSTRAINT \"AK_Agents_PersonaId\";"
                        + "INSERT INTO \"Agents\" (\"Id\", \"PersonaId\", \"MemoryRootId\")"
                        + " SELECT 'ffffffff-ffff-ffff-ffff-ffffffffffff', \"FromPersonaId\", gen_random_uuid()"
                        + " FROM \"Messages\" WHERE \"Id\" = '%s'",
                List.of("\"Messages\"", "\"Id\"", "\"FromPersonaId\"", "\"FromAgentId\""),
                List.of("\"Agents\"", "\"Id\"", "\"PersonaId\""),
                2),
        SNAKE(
                LegacySchema.SNAKE,
                "INSERT INTO app.messages (body) SELECT repeat('x', 500) FROM generate_series(1, 2000);"
                        + "INSERT INTO app.personas (display_name) VALUES ('one'), ('two');"
                        + "INSERT INTO app.conversations (tenant, conversation_no, persona_id)"
                        + " SELECT 7, persona_id, persona_id FROM app.personas;"
                        + "INSERT INTO app.messages (from_persona_id, body)"
                        + " SELECT persona_id, i FROM app.personas, generate_series(1, 120) i",
                "ALTER TABLE app.agents DROP CONSTRAINT agents_persona_id_key;"
                        + "INSERT INTO app.agents (persona_id, memory_root_id) SELECT from_persona_id, gen_random_uuid()"
                        + " FROM app.messages WHERE message_id = '%s'",
                List.of("app.messages", "message_id", "from_persona_id", "from_agent_id"),
                List.of("app.agents", "agent_id", "persona_id"),
                1);

        private final LegacySchema schema;
        private final String fill;
        private final String secondAgent;
        private final List<String> messages;
        private final List<String> agents;
        private final int readsOfAMessage;

        /** @param messages the table, its key, persona and agent; {@code agents} the table, its id and persona; all as SQL */
        Words(
                LegacySchema schema,
                String fill,
                String secondAgent,
                List<String> messages,
                List<String> agents,
                int readsOfAMessage) {
            this.schema = schema;
            this.fill = fill;
            this.secondAgent = secondAgent;
            this.messages = messages;
            this.agents = agents;
            this.readsOfAMessage = readsOfAMessage;
        }
    }

    private final TestDatabase db = TestPostgres.database();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Words.class)
    void whatIsInStepIsReadAlike(Words words) throws Exception {
        try (SidecarHarness sidecar = filled(words)) {
            CliRun plain = verify("--output", "json");
            assertThat(plain.exitCode()).as(plain.err()).isZero();
            assertThat(plain.json().path("reads").isNull()).isTrue();

            CliRun all = verify("--reads", "1000", "--output", "json");
            assertThat(all.exitCode()).as(all.out() + all.err()).isZero();
            JsonNode reads = all.json().path("reads");
            assertThat(reads.path("differing").asInt(-1)).isZero();
            assertThat(reads.path("keys").asInt()).isEqualTo(2 + 240);
            JsonNode messages = reads.at("/tables/1");
            assertThat(messages.path("reads").asInt()).isEqualTo(240 * words.readsOfAMessage);
            assertThat(messages.at("/oldMillis/p50").asDouble()).isPositive();
            assertThat(messages.at("/newMillis/p99").asDouble())
                    .isGreaterThanOrEqualTo(messages.at("/newMillis/p50").asDouble());
            assertThat(messages.path("overlap").isNull()).isTrue();
            assertThat(messages.path("examples")).isEmpty();

            // a part of the table in which there may be nobody with a persona
            JsonNode one = verify("--reads", "1", "--output", "json").json();
            assertThat(one.at("/reads/keys").asInt()).isEqualTo(2);
            assertThat(verify("--reads", "3").out()).contains("reads around 3 rows, differing 0");
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name()
                            + ".evidence WHERE clean AND report -> 'reads' ->> 'differing' = '0'"))
                    .isEqualTo(3);
        }
    }

    /** The rows of a persona are more than a read gives, so each of these also makes room for an older one. */
    @ParameterizedTest
    @EnumSource(Words.class)
    void eachDifferenceIsNamedByKeyWithItsReason(Words words) throws Exception {
        try (SidecarHarness sidecar = filled(words)) {
            String table = words.messages.get(0);
            String key = words.messages.get(1);
            String persona = words.messages.get(2);
            List<String> newest = db
                    .rows("SELECT " + key + " FROM " + table + " WHERE " + persona + " = (SELECT " + persona + " FROM "
                            + table + " WHERE " + persona + " IS NOT NULL LIMIT 1) ORDER BY " + key + " DESC LIMIT 3")
                    .stream()
                    .map(row -> row.get(0))
                    .toList();
            String agents = words.agents.get(0);
            String id = words.agents.get(1);
            set(words, newest.get(0), "NULL");
            set(
                    words,
                    newest.get(1),
                    "(SELECT a." + id + " FROM " + agents + " a WHERE a." + words.agents.get(2) + " <> t." + persona
                            + ")");
            db.execute(words.secondAgent.formatted(newest.get(2)));
            set(words, newest.get(2), "(SELECT a." + id + " FROM " + agents + " a ORDER BY 1 DESC LIMIT 1)");

            CliRun found = verify("--reads", "1000", "--output", "json");
            assertThat(found.exitCode()).isEqualTo(1);
            assertThat(found.json().path("clean").asBoolean(true)).isFalse();
            assertThat(found.json().at("/reads/differing").asInt()).isEqualTo(3);
            assertThat(found.json().at("/reads/tables/0/differing").asInt(-1)).isZero();
            assertThat(found.json().at("/reads/tables/1/examples"))
                    .extracting(row ->
                            row.path("key").asText() + ": " + row.path("why").asText())
                    .containsExactlyInAnyOrder(
                            newest.get(0) + ": missing stamp",
                            newest.get(1) + ": other agent",
                            newest.get(2) + ": duplicate agent");

            assertThat(verify("--reads", "1000").out())
                    .contains(newest.get(0) + ": missing stamp", "NOT IN STEP")
                    .doesNotContain("CLEAN");
            assertThat(db.number(
                            "SELECT count(*) FROM " + sidecar.name() + ".evidence WHERE kind = 'verify' AND clean"))
                    .isZero();
        }
    }

    private SidecarHarness filled(Words words) throws Exception {
        db.execute(words.schema.ddl());
        db.execute(words.fill);
        SidecarHarness sidecar =
                SidecarHarness.expanded(db, words.schema.spec()).untilCaughtUp();
        configure(sidecar, words);
        return sidecar;
    }

    private void set(Words words, String key, String agent) throws Exception {
        db.execute("UPDATE " + words.messages.get(0) + " t SET " + words.messages.get(3) + " = " + agent + " WHERE "
                + words.messages.get(1) + " = '" + key + "'");
    }

    private void configure(SidecarHarness sidecar, Words words) throws IOException {
        Files.writeString(
                folder.resolve("lockstep.yaml"),
                """
                name: %s
                database: {url: '%s', user: postgres, password: postgres}
                """.formatted(sidecar.name(), db.config().url()) + words.schema.yaml());
    }

    private CliRun verify(String... options) {
        List<String> line = new ArrayList<>(List.of("verify"));
        line.addAll(List.of(options));
        line.addAll(List.of("-c", folder.resolve("lockstep.yaml").toString()));
        return CliRun.of(line.toArray(String[]::new));
    }
}
