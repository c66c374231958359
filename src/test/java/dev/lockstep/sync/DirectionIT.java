package dev.lockstep.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Conflict;
import dev.lockstep.model.Phase;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** After the direction was turned the live stream fills what is empty, and guesses nothing. */
class DirectionIT {

    /** Two personas with their agents, and a message table, in the words of a schema. */
    private enum Words {
        PASCAL(
                LegacySchema.PASCAL,
                "INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two')",
                "\"Messages\"",
                "\"FromPersonaId\"",
                "\"FromAgentId\"",
                "\"Content\"",
                "\"ContentHash\" = encode(sha256(convert_to(\"Content\", 'UTF8')), 'hex')",
                "SELECT \"PersonaId\", \"Id\" FROM \"Agents\" ORDER BY \"Name\""),
        SNAKE(
                LegacySchema.SNAKE,
                "INSERT INTO app.personas (display_name) VALUES ('one'), ('two')",
                "app.messages",
                "from_persona_id",
                "from_agent_id",
                "body",
                "content_hash = sha256(convert_to(body, 'UTF8'))",
                "SELECT persona_id, agent_id FROM app.agents ORDER BY name");

        private final LegacySchema schema;
        private final String personas;
        private final String table;
        private final String persona;
        private final String agent;
        private final String body;
        private final String hashed;
        private final String agents;

        Words(
                LegacySchema schema,
                String personas,
                String table,
                String persona,
                String agent,
                String body,
                String hashed,
                String agents) {
            this.schema = schema;
            this.personas = personas;
            this.table = table;
            this.persona = persona;
            this.agent = agent;
            this.body = body;
            this.hashed = hashed;
            this.agents = agents;
        }

        void insert(TestDatabase db, String name, String personaId, String agentId) throws Exception {
            db.execute("INSERT INTO " + table + " (" + body + ", " + persona + ", " + agent + ") VALUES ('" + name
                    + "', " + quoted(personaId) + ", " + quoted(agentId) + ")");
        }

        private static String quoted(String value) {
            return value == null ? "NULL" : "'" + value + "'";
        }

        /** Whether the row says so, and its hash is right. */
        boolean is(TestDatabase db, String name, String personaId, String agentId) throws Exception {
            return db.number("SELECT count(*) FROM " + table + " WHERE " + body + " = '" + name + "' AND " + hashed
                            + " AND " + persona + "::text IS NOT DISTINCT FROM " + quoted(personaId) + " AND " + agent
                            + "::text IS NOT DISTINCT FROM " + quoted(agentId))
                    == 1;
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void whatIsEmptyIsFilledAndADisagreementIsNamed(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        try (SidecarHarness sidecar = turned(db, words, Conflict.REPORT)) {
            List<List<String>> agents = db.rows(words.agents);
            String p1 = agents.get(0).get(0);
            String a1 = agents.get(0).get(1);
            String p2 = agents.get(1).get(0);
            String a2 = agents.get(1).get(1);
            words.insert(db, "old writer", p1, null);
            words.insert(db, "new writer", null, a2);
            words.insert(db, "both", p1, a1);
            words.insert(db, "neither", null, null);
            words.insert(db, "disagree", p1, a2);
            sidecar.awaitCaughtUp();

            assertThat(words.is(db, "old writer", p1, a1)).isTrue();
            assertThat(words.is(db, "new writer", p2, a2)).isTrue();
            assertThat(words.is(db, "both", p1, a1)).isTrue();
            assertThat(words.is(db, "neither", null, null)).isTrue();
            assertThat(words.is(db, "disagree", p1, a2)).as("never overwritten").isTrue();
            assertThat(db.text("SELECT sqlstate || ' ' || reason FROM " + sidecar.name() + ".dead_letter"))
                    .startsWith("LS001 persona and agent");

            db.execute("UPDATE " + words.table + " SET " + words.persona + " = NULL WHERE " + words.body
                    + " = 'disagree'");
            Await.until("it was mended", () -> words.is(db, "disagree", p2, a2));
            Await.until("it is no letter any more", () -> sidecar.deadLetters() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void theAgentWinsWhereThatWasDecided(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        try (SidecarHarness sidecar = turned(db, words, Conflict.AGENT)) {
            List<List<String>> agents = db.rows(words.agents);
            words.insert(db, "disagree", agents.get(0).get(0), agents.get(1).get(1));
            words.insert(db, "new writer", null, agents.get(1).get(1));
            words.insert(db, "old writer", agents.get(0).get(0), null);
            sidecar.awaitCaughtUp();
            assertThat(words.is(
                            db, "disagree", agents.get(1).get(0), agents.get(1).get(1)))
                    .isTrue();
            assertThat(words.is(
                            db,
                            "new writer",
                            agents.get(1).get(0),
                            agents.get(1).get(1)))
                    .isTrue();
            assertThat(words.is(
                            db,
                            "old writer",
                            agents.get(0).get(0),
                            agents.get(0).get(1)))
                    .isTrue();
            assertThat(sidecar.deadLetters()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void thePersonaWinsWhereThatWasDecided(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        try (SidecarHarness sidecar = turned(db, words, Conflict.PERSONA)) {
            List<List<String>> agents = db.rows(words.agents);
            words.insert(db, "disagree", agents.get(0).get(0), agents.get(1).get(1));
            words.insert(db, "new writer", null, agents.get(1).get(1));
            sidecar.awaitCaughtUp();
            assertThat(words.is(
                            db, "disagree", agents.get(0).get(0), agents.get(0).get(1)))
                    .isTrue();
            assertThat(words.is(
                            db,
                            "new writer",
                            agents.get(1).get(0),
                            agents.get(1).get(1)))
                    .isTrue();
            assertThat(sidecar.deadLetters()).isZero();
        }
    }

    /** The turn waits for the batch in hand, which is of the old direction as a whole; the next is of the new one. */
    @Test
    void isNeverTurnedInsideABatch() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                Connection batch = db.connect();
                Connection turner = db.connect()) {
            batch.setAutoCommit(false);
            Fence fence = new Fence(sidecar.name());
            assertThat(fence.lock(batch, 0).phase()).isEqualTo(Phase.SYNC);
            Thread turning = new Thread(() -> {
                try (Statement statement = turner.createStatement()) {
                    statement.execute("UPDATE " + sidecar.name() + ".fence SET phase = 'CUTOVER'");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            turning.start();
            Await.until(
                    "the turn waits",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                    + " AND query LIKE 'UPDATE%fence%' AND datname = current_database()")
                            == 1);
            batch.commit();
            turning.join();
            assertThat(fence.lock(batch, 0).phase()).isEqualTo(Phase.CUTOVER);
            batch.rollback();
        }
    }

    private static SidecarHarness turned(TestDatabase db, Words words, Conflict conflict) throws Exception {
        db.execute(words.schema.ddl());
        db.execute(words.personas);
        SidecarHarness sidecar = SidecarHarness.expanded(db, words.schema.spec());
        sidecar.start().awaitCaughtUp();
        db.execute("UPDATE " + sidecar.name() + ".fence SET phase = 'CUTOVER', conflict = '" + conflict + "'");
        return sidecar;
    }
}
