package dev.lockstep.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.savepoint.Savepoint;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replays mend what has drifted among the rows that changed since a savepoint, and write nothing else. */
class ReplayIT {

    private static final int SEAT = 30;

    /** Its rows are messages and conversations from one number to another. */
    @SuppressWarnings("ImmutableEnumChecker") // Judge is immutable; it only lacks the annotation
    private enum Application {
        PASCAL(LegacySchema.PASCAL, Judge.PASCAL, "public.Messages", """
                INSERT INTO "Personas" SELECT md5('p' || i)::uuid, 'p' || i FROM generate_series(0, 4) i ON CONFLICT DO NOTHING;
                INSERT INTO "Conversations" ("Id", "PersonaId") SELECT md5('c' || i)::uuid, md5('p' || i %% 5)::uuid
                  FROM generate_series(%1$d, %2$d) i;
                INSERT INTO "Messages" ("Id", "FromPersonaId", "Content") SELECT md5('m' || i)::uuid,
                  CASE WHEN i %% 7 > 0 THEN md5('p' || i %% 5)::uuid END, 'text ' || i FROM generate_series(%1$d, %2$d) i;
                """, """
                UPDATE "Messages" SET "FromAgentId" = NULL WHERE "Content" IN ('text 3', 'text 51');
                UPDATE "Messages" SET "ContentHash" = 'x' WHERE "Content" IN ('text 4', 'text 52', 'text 53');
                UPDATE "Conversations" SET "AgentId" = (SELECT "Id" FROM "Agents" WHERE "PersonaId" = md5('p0')::uuid)
                  WHERE "Id" = md5('c54')::uuid;
                """),
        SNAKE(LegacySchema.SNAKE, Judge.SNAKE, "app.messages", """
                INSERT INTO app.personas (persona_id, display_name) OVERRIDING SYSTEM VALUE
                  SELECT i, 'p' || i FROM generate_series(0, 4) i ON CONFLICT DO NOTHING;
                INSERT INTO app.conversations (tenant, conversation_no, persona_id) SELECT 1, i, i %% 5
                  FROM generate_series(%1$d, %2$d) i;
                INSERT INTO app.messages (from_persona_id, body) SELECT CASE WHEN i %% 7 > 0 THEN i %% 5 END, 'text ' || i
                  FROM generate_series(%1$d, %2$d) i;
                """, """
                UPDATE app.messages SET from_agent_id = NULL WHERE body IN ('text 3', 'text 51');
                UPDATE app.messages SET content_hash = '' WHERE body IN ('text 4', 'text 52', 'text 53');
                UPDATE app.conversations SET agent_id = (SELECT agent_id FROM app.agents WHERE persona_id = 0)
                  WHERE conversation_no = 54;
                """);

        private final LegacySchema schema;
        private final Judge judge;
        private final String messages;
        private final String rows;
        private final String drift;

        Application(LegacySchema schema, Judge judge, String messages, String rows, String drift) {
            this.schema = schema;
            this.judge = judge;
            this.messages = messages;
            this.rows = rows;
            this.drift = drift;
        }
    }

    /** Text 1 to 40 are there before the savepoint, 41 to 60 come after it; two of six that drift are of before. */
    @ParameterizedTest
    @EnumSource(Application.class)
    void mendsWhatHasDriftedSinceAndWritesNothingElse(Application app) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(app.schema.ddl());
        db.execute(app.rows.formatted(1, 40));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, app.schema.spec())) {
            sidecar.untilCaughtUp();
            Savepoint savepoint = savepoint(sidecar, "before");
            db.execute(app.rows.formatted(41, 60));
            sidecar.start().awaitInStep(app.judge);
            Instant between = Instant.parse(db.text(
                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC'," + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
            plant(db, sidecar, app);
            assertThat(app.judge.outOfStep(db)).isEqualTo(6);

            ReplayReport looked = replay(sidecar).dryRun(from("before"));
            assertThat(outOfStep(looked)).isEqualTo(4);
            assertThat(looked.tables().get(app.messages)).isEqualTo(new ReplayReport.Table(20, 3));
            assertThat(app.judge.outOfStep(db)).as("a dry run writes nothing").isEqualTo(6);

            ReplayReport one = replay(sidecar)
                    .run(new ReplayRequest(
                            new ReplayRequest.FromSavepoint("before"),
                            null,
                            null,
                            Set.of(TableName.parse(app.messages, ""))));
            assertThat(one.mended()).as("of one table").isEqualTo(3);
            ReplayReport rest = replay(sidecar).run(from("before")); // beside the live run
            assertThat(rest.mended()).isEqualTo(1);
            assertThat(app.judge.outOfStep(db)).as("what did not change since").isEqualTo(2);
            assertThat(rest.changes()).isEqualTo(looked.changes());
            assertThat(rest.checked()).isEqualTo(looked.checked());

            String versions = versions(db, app);
            ReplayReport again = replay(sidecar)
                    .run(new ReplayRequest(new ReplayRequest.FromLsn(savepoint.lsn()), null, null, Set.of()));
            assertThat(again.mended()).isZero();
            assertThat(again.checked()).isEqualTo(looked.checked());
            assertThat(replay(sidecar)
                            .run(new ReplayRequest(new ReplayRequest.FromTime(between), null, null, Set.of()))
                            .checked())
                    .isEqualTo(looked.checked());
            assertThat(versions(db, app))
                    .as("where all is in step nothing is written")
                    .isEqualTo(versions);
            assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE starts_with(slot_name, '"
                            + sidecar.name() + "')"))
                    .as("the stream's slot and the savepoint's")
                    .isEqualTo(2);
            assertThat(sidecar.gaps()).isZero();
            sidecar.stop();
        }
    }

    @Test
    void whatIsNotKeptIsRefusedWithTheEarliestThatIs() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.untilCaughtUp();
            assertThatThrownBy(() -> replay(sidecar).run(from("none")))
                    .isInstanceOf(LockstepException.class)
                    .hasMessage(
                            "there is no savepoint none; there is no savepoint to go back to; `lockstep verify --repair`"
                                    + " looks at every row instead");
            Savepoint kept = savepoint(sidecar, "kept");
            assertThatThrownBy(() -> replay(sidecar)
                            .run(new ReplayRequest(new ReplayRequest.FromLsn(Lsn.parse("0/1")), null, null, Set.of())))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining(
                            "the changes from 0/1 on are not kept; the earliest is savepoint kept, from " + kept.lsn());
            assertThatThrownBy(() -> savepoint(sidecar, "kept"))
                    .hasMessageContaining("there is a savepoint kept already");
            assertThatThrownBy(() -> savepoint(sidecar, "Kept!")).hasMessageContaining("1 to 18 of a-z");
        }
    }

    /** Stopped while a row is held, it goes on where it was with the same request. */
    @Test
    void aReplayThatWasStoppedGoesOn() throws Exception {
        Application app = Application.PASCAL;
        TestDatabase db = TestPostgres.database();
        db.execute(app.schema.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, app.schema.spec());
                Connection holder = db.connect();
                Statement statement = holder.createStatement()) {
            sidecar.untilCaughtUp();
            savepoint(sidecar, "before");
            db.execute(app.rows.formatted(41, 60));
            sidecar.untilCaughtUp();
            plant(db, sidecar, app);
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM \"Messages\" WHERE \"Content\" = 'text 51' FOR UPDATE");
            StopSignal stop = new StopSignal();
            AtomicReference<Throwable> ended = new AtomicReference<>();
            Thread replaying = new Thread(() -> {
                try {
                    replay(sidecar, stop).run(from("before"));
                } catch (Exception e) {
                    ended.set(e);
                }
            });
            replaying.start();
            Await.until("all but one are mended", () -> app.judge.outOfStep(db) == 1);
            stop.request();
            replaying.join();
            assertThat(ended.get()).isInstanceOf(InterruptedException.class);
            holder.rollback();
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name() + ".replay"))
                    .isOne();
            assertThat(replay(sidecar).run(from("before")).mended()).isEqualTo(4);
            assertThat(app.judge.outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name() + ".replay"))
                    .isZero();
        }
    }

    /** By somebody of ours, so that the stream does not see it. */
    private static void plant(TestDatabase db, SidecarHarness sidecar, Application app) throws Exception {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_replication_origin_create('" + sidecar.name() + "_99')");
            statement.execute("SELECT pg_replication_origin_session_setup('" + sidecar.name() + "_99')");
            statement.execute(app.drift);
        }
    }

    private static String versions(TestDatabase db, Application app) throws Exception {
        StringBuilder versions = new StringBuilder();
        for (Judge.Table table : app.judge.tables()) {
            versions.append(db.text("SELECT string_agg(xmin::text, ',' ORDER BY ctid) FROM " + table.name()));
        }
        return versions.toString();
    }

    private static long outOfStep(ReplayReport report) {
        return report.tables().values().stream()
                .mapToLong(ReplayReport.Table::outOfStep)
                .sum();
    }

    private static ReplayRequest from(String savepoint) {
        return new ReplayRequest(new ReplayRequest.FromSavepoint(savepoint), null, null, Set.of());
    }

    private static Savepoint savepoint(SidecarHarness sidecar, String name) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            return new Savepoints(sidecar.name()).create(connection, name, false);
        }
    }

    private static Replay replay(SidecarHarness sidecar) throws Exception {
        return replay(sidecar, new StopSignal());
    }

    private static Replay replay(SidecarHarness sidecar, StopSignal stop) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            Mapping mapping = MappingResolver.resolve(
                    sidecar.config().mapping(),
                    new CatalogReader().read(connection, sidecar.config().mapping()));
            long epoch = new Fence(sidecar.name()).read(connection).epoch();
            return new Replay(sidecar.config(), sidecar.lockstep(), mapping, epoch, SEAT, stop);
        }
    }
}
