package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

/** Every kind of change ends in step by the stream alone, and no column but the derived ones is ever written (S2). */
class ChangesIT {

    private final TestDatabase db = TestPostgres.database();

    /** The two legacy schemas behind views of one name each: messages m, conversations c, agents a; p(n) makes a key. */
    @SuppressWarnings("ImmutableEnumChecker") // Judge is immutable; it only lacks the annotation
    private enum Application {
        PASCAL(LegacySchema.PASCAL, Judge.PASCAL, "\"Messages\"", "\"FromPersonaId\", \"Content\"", """
                CREATE FUNCTION p(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
                  $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
                CREATE VIEW m AS SELECT "Id" AS id, "FromPersonaId" AS persona, "FromAgentId" AS agent,
                  "Content" AS content, "ContentHash" AS hash FROM "Messages";
                CREATE VIEW c AS SELECT "Id" AS id, "PersonaId" AS persona, "AgentId" AS agent, "Title" AS title
                  FROM "Conversations";
                CREATE VIEW a AS SELECT "Id" AS id, "PersonaId" AS persona FROM "Agents";
                INSERT INTO "Personas" SELECT p(i), 'persona ' || i FROM generate_series(1, 9) i;
                """),
        SNAKE(LegacySchema.SNAKE, Judge.SNAKE, "app.messages", "from_persona_id, body", """
                CREATE FUNCTION p(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n $$;
                CREATE VIEW m AS SELECT message_id AS id, from_persona_id AS persona, from_agent_id AS agent,
                  body AS content, content_hash AS hash FROM app.messages;
                CREATE VIEW c AS SELECT conversation_no AS id, persona_id AS persona, agent_id AS agent, title, tenant
                  FROM app.conversations;
                ALTER VIEW c ALTER COLUMN tenant SET DEFAULT 1;
                CREATE VIEW a AS SELECT agent_id AS id, persona_id AS persona FROM app.agents;
                INSERT INTO app.personas (display_name) SELECT 'persona ' || i FROM generate_series(1, 9) i;
                """);

        private final LegacySchema legacy;
        private final Judge judge;
        private final String messages;
        private final String copyColumns;
        private final String views;

        Application(LegacySchema legacy, Judge judge, String messages, String copyColumns, String views) {
            this.legacy = legacy;
            this.judge = judge;
            this.messages = messages;
            this.copyColumns = copyColumns;
            this.views = views;
        }
    }

    @ParameterizedTest
    @EnumSource(Application.class)
    void everyKindOfChange(Application app) throws Exception {
        db.execute(app.legacy.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, app.legacy.spec()).backfilled().start()) {
            db.execute(app.views);
            rowsArrive(app);
            settle(sidecar, app.judge);
            assertThat(db.number("SELECT count(*) FROM m WHERE content = 'rolled back'"))
                    .isZero();
            assertThat(db.number("SELECT count(*) FROM a WHERE persona = p(77)"))
                    .as("an unknown persona gets its agent")
                    .isOne();

            String left = db.text("SELECT agent FROM m WHERE content = 'to no persona'");
            rowsChange();
            settle(sidecar, app.judge);
            assertThat(db.text("SELECT agent FROM m WHERE content = 'to no persona'"))
                    .as("a NULL persona leaves the agent alone")
                    .isEqualTo(left)
                    .isNotNull();
            assertThat(db.number("SELECT count(*) FROM m WHERE content IS NULL AND hash IS NOT NULL"))
                    .isZero();
            assertThat(db.number(
                            "SELECT count(*) FROM m WHERE persona IS NULL AND content IS NOT NULL AND hash IS NULL"))
                    .isZero();

            sidecar.awaitIndexed();
            db.execute("TRUNCATE " + app.messages + "; INSERT INTO m (persona, content) VALUES (p(1), 'after')");
            settle(sidecar, app.judge);
            sidecar.assertTheStreamAloneDidIt();
            assertThat(sidecar.deadLetters()).isZero();
        }
    }

    private void rowsArrive(Application app) throws Exception {
        db.execute("INSERT INTO m (persona, content) VALUES (p(1), 'single')");
        db.execute("INSERT INTO m (persona, content) SELECT p(1 + i % 9), 'many ' || i FROM generate_series(1, 30) i");
        db.execute(
                "INSERT INTO c (id, persona, title) SELECT p(i), p(1 + i % 9), 'c' || i FROM generate_series(1, 20) i");
        db.execute(
                "INSERT INTO m (persona, content) VALUES (p(77), 'unknown'), (NULL, 'nobody'), (p(2), NULL), (NULL, NULL),"
                        + " (p(3), 'to no persona'), (p(3), 'to another'), (p(3), 'to nothing'), (p(3), 'to delete')");
        db.execute("INSERT INTO m (persona, content) SELECT p(4), string_agg(md5(random()::text), '')"
                + " FROM generate_series(1, 4000)"); // stored out of line
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY " + app.messages + " (" + app.copyColumns + ") FROM STDIN",
                            new StringReader(db.text(
                                    "SELECT string_agg(p(i) || E'\\tcopied\\n', '') FROM generate_series(1, 9) i")));
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO m (persona, content) VALUES (p(5), 'rolled back')");
            connection.rollback();
            statement.execute("INSERT INTO m (persona, content) VALUES (p(5), 'kept')");
            statement.execute("SAVEPOINT s");
            statement.execute("INSERT INTO m (persona, content) VALUES (p(88), 'rolled back')");
            statement.execute("UPDATE m SET persona = p(88) WHERE content = 'single'");
            statement.execute("ROLLBACK TO s");
            statement.execute("SAVEPOINT s");
            statement.execute("UPDATE m SET persona = p(6) WHERE content = 'single'");
            statement.execute("RELEASE s");
            connection.commit();
        }
    }

    private void rowsChange() throws SQLException {
        db.execute("UPDATE m SET persona = p(9) WHERE content = 'to another'");
        db.execute("UPDATE m SET persona = p(9) WHERE length(content) > 10000");
        db.execute("UPDATE m SET content = content || ' edited' WHERE content LIKE 'many 1%'");
        db.execute("UPDATE m SET content = NULL WHERE content = 'to nothing'");
        db.execute("UPDATE m SET persona = NULL WHERE content = 'to no persona'");
        db.execute("UPDATE m SET persona = p(8) WHERE content = 'nobody'");
        db.execute("DELETE FROM m WHERE content = 'to delete'");
        db.execute("UPDATE c SET id = p(50), persona = p(7) WHERE id = p(1)");
        db.execute("UPDATE c SET id = p(51) WHERE id = p(2)");
        db.execute("DELETE FROM c WHERE id = p(3); INSERT INTO c (id, persona, title) VALUES (p(3), p(99), 'again')");
        db.execute("DELETE FROM c WHERE id = p(4)");
        db.execute("INSERT INTO c (id, persona, title) VALUES (p(4), p(98), 'later again')");
    }

    /** Catches up; what lockstep must not touch is as the writers left it. */
    private void settle(SidecarHarness sidecar, Judge judge) throws Exception {
        String written = judge.untouched(db);
        sidecar.awaitInStep(judge);
        assertThat(judge.untouched(db)).isEqualTo(written);
    }

    @Test
    void aNullPersonaEmptiesTheAgentWhereTheMappingSaysSo() throws Exception {
        MappingSpec spec = LegacySchema.PASCAL.spec();
        MappingSpec clearing = new MappingSpec(
                spec.personas(),
                spec.agents(),
                null,
                spec.tables().stream()
                        .map(t -> new MappingSpec.Scoped(
                                t.table(),
                                t.persona(),
                                t.agent(),
                                t.conversation(),
                                t.content(),
                                t.contentHash(),
                                NullPersona.CLEAR))
                        .toList());
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, clearing).backfilled().start()) {
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'm');"
                    + "INSERT INTO \"Conversations\" (\"PersonaId\") VALUES (gen_random_uuid())");
            sidecar.awaitInStep(Judge.PASCAL);
            db.execute(
                    "UPDATE \"Messages\" SET \"FromPersonaId\" = NULL; UPDATE \"Conversations\" SET \"PersonaId\" = NULL");
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(
                            db.rows(
                                    "SELECT \"FromAgentId\" FROM \"Messages\" UNION ALL SELECT \"AgentId\" FROM \"Conversations\""))
                    .allSatisfy(row -> assertThat(row.get(0)).isNull())
                    .hasSize(2);
        }
    }

    /** S2, end to end: the stream once more from its beginning, and a second backfill. */
    @Test
    void aReplayAndASecondBackfillWriteNothing() throws Exception {
        db.execute(
                LegacySchema.PASCAL.ddl()
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), i FROM generate_series(1, 50) i;"
                        + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT gen_random_uuid() FROM generate_series(1, 50) i;");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            String beginning = sidecar.position().toString();
            db.rows("SELECT pg_copy_logical_replication_slot('" + sidecar.name() + "', '" + sidecar.name() + "_copy')");
            String untouched = Judge.PASCAL.untouched(db);
            sidecar.start().awaitInStep(Judge.PASCAL);
            assertThat(Judge.PASCAL.untouched(db)).isEqualTo(untouched);
            db.execute("UPDATE \"Messages\" SET \"FromPersonaId\" = gen_random_uuid() WHERE \"Content\" LIKE '%1'");
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.stop();
            awaitGone(sidecar);
            List<List<String>> before = versions();

            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'pending', end_block = NULL, next_block = 0");
            sidecar.start().awaitInStep(Judge.PASCAL);
            sidecar.stop();
            replayFrom(sidecar, beginning);
            sidecar.start().awaitInStep(Judge.PASCAL);
            sidecar.stop();
            awaitGone(sidecar);
            assertThat(versions()).isEqualTo(before);
            assertThat(sidecar.gaps()).isZero();
        }
    }

    /** A slot never goes back, but a copy of it that was made at the beginning does stand there. */
    private void replayFrom(SidecarHarness sidecar, String beginning) throws SQLException {
        db.execute("UPDATE " + sidecar.name() + ".position SET lsn = '" + beginning + "'");
        db.rows("SELECT pg_drop_replication_slot('" + sidecar.name() + "')");
        db.rows("SELECT pg_copy_logical_replication_slot('" + sidecar.name() + "_copy', '" + sidecar.name() + "')");
    }

    /** A session counts what it did when it ends, at the latest. */
    private void awaitGone(SidecarHarness sidecar) throws Exception {
        Await.until(
                "its sessions have ended",
                () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, '"
                                + sidecar.name() + "/')")
                        == 0);
    }

    private List<List<String>> versions() throws SQLException {
        return db.rows("SELECT relname, n_tup_upd::text, '', '' FROM pg_stat_user_tables"
                + " WHERE relname IN ('Messages', 'Conversations') UNION ALL"
                + " SELECT 'm', \"Id\"::text, xmin::text, ctid::text FROM \"Messages\" UNION ALL"
                + " SELECT 'c', \"Id\"::text, xmin::text, ctid::text FROM \"Conversations\" ORDER BY 1, 2");
    }
}
