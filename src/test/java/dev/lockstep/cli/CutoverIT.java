package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** There and back beside a live sidecar, judged by joins of the test's own. */
class CutoverIT {

    @SuppressWarnings("ImmutableEnumChecker") // it is; it only lacks the annotation
    private enum Words {
        PASCAL(
                LegacySchema.PASCAL,
                Judge.PASCAL,
                "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT (SELECT \"Id\" FROM \"Personas\" ORDER BY"
                        + " random() + i LIMIT 1), 'old ' || i FROM generate_series(1, 200) i",
                "INSERT INTO \"Messages\" (\"FromAgentId\", \"Content\") SELECT \"Id\", 'new ' || i FROM \"Agents\","
                        + " generate_series(1, 25) i",
                "INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two')",
                "SELECT count(*) FROM \"Messages\" m JOIN \"Agents\" a ON a.\"Id\" = m.\"FromAgentId\" WHERE a.\"PersonaId\""
                        + " IS DISTINCT FROM m.\"FromPersonaId\"",
                "\"Messages\""),
        SNAKE(
                LegacySchema.SNAKE,
                Judge.SNAKE,
                "INSERT INTO app.messages (from_persona_id, body) SELECT 1 + i % 2, 'old ' || i FROM generate_series(1, 200) i",
                "INSERT INTO app.messages (from_agent_id, body) SELECT agent_id, 'new ' || i FROM app.agents,"
                        + " generate_series(1, 25) i",
                "INSERT INTO app.personas (display_name) VALUES ('one'), ('two')",
                "SELECT count(*) FROM app.messages m JOIN app.agents a ON a.agent_id = m.from_agent_id WHERE a.persona_id"
                        + " IS DISTINCT FROM m.from_persona_id",
                "app.messages");

        private final LegacySchema schema;
        private final Judge judge;
        private final String oldWriter;
        private final String newWriter;
        private final String personas;
        private final String wrongWayRound;
        private final String table;

        Words(
                LegacySchema schema,
                Judge judge,
                String oldWriter,
                String newWriter,
                String personas,
                String wrongWayRound,
                String table) {
            this.schema = schema;
            this.judge = judge;
            this.oldWriter = oldWriter;
            this.newWriter = newWriter;
            this.personas = personas;
            this.wrongWayRound = wrongWayRound;
            this.table = table;
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void thereAndBackNothingIsLost(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(words.schema.ddl());
        db.execute(words.personas);
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            assertThat(Turns.cutover(config).blockers())
                    .extracting(Gate.Blocker::fact)
                    .contains("running", "backfill", "indexes");
            assertThat(phase(db, config)).isEqualTo("SYNC");

            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter);
            db.execute(words.newWriter); // while the persona still leads: left as it is
            sidecar.awaitInStep(words.judge);
            assertThat(db.number(words.wrongWayRound)).isEqualTo(50);
            assertThat(Turns.gateAfterAPlainVerification(config))
                    .extracting(Gate.Blocker::fact)
                    .containsExactly("reads");

            TurnReport there = Turns.cutover(config);
            assertThat(there.blockers()).isEmpty();
            assertThat(there.turned()).isTrue();
            assertThat(there.phase()).isEqualTo("CUTOVER");
            assertThat(db.number("SELECT count(*) FROM " + config.name() + ".evidence WHERE kind = 'verify' AND clean"
                            + " AND (report -> 'reads' ->> 'keys')::int > 0"))
                    .as("it read both ways itself")
                    .isEqualTo(1);
            assertThat(phase(db, config)).isEqualTo("CUTOVER");
            assertThat(db.number(words.wrongWayRound)).isZero();
            assertThat(words.judge.outOfStep(db)).isZero();
            assertThat(checks(db, words)).isEqualTo(1);
            assertThatThrownBy(() -> db.execute(words.oldWriter))
                    .as("old writers are refused now")
                    .hasMessageContaining("check constraint");

            TurnReport again = Turns.cutover(config);
            assertThat(again.turned()).isTrue();

            db.execute(words.newWriter);
            sidecar.awaitCaughtUp();
            assertThat(db.number(words.wrongWayRound)).isZero();

            TurnReport back = Turns.revert(config);
            assertThat(back.turned()).isTrue();
            assertThat(phase(db, config)).isEqualTo("SYNC");
            assertThat(checks(db, words)).isZero();
            assertThat(db.number(words.wrongWayRound)).isZero();
            db.execute(words.oldWriter);
            sidecar.awaitInStep(words.judge);
            assertThat(db.number("SELECT count(*) FROM " + words.table)).isEqualTo(500);
            assertThatThrownBy(() -> Turns.revert(config)).hasMessageContaining("nothing to turn back");
            assertThat(sidecar.gaps()).isZero();
            assertThat(sidecar.deadLetters()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void anOldWriterThatStillWritesKeepsTheGateShut(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(words.schema.ddl());
        db.execute(words.personas);
        LockstepConfig config = Turns.config(db, words.schema, Duration.ofMinutes(10));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter);
            sidecar.awaitInStep(words.judge);
            db.execute("UPDATE " + sidecar.name() + ".observed SET lag_beyond_at = now() - interval '1 h'");

            assertThat(Turns.cutover(config).blockers())
                    .extracting(Gate.Blocker::fact)
                    .containsExactly("census");
            db.execute("UPDATE " + sidecar.name() + ".census SET last_seen = now() - interval '11 min'");
            assertThat(Turns.cutover(config).turned()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void aWayBackThatWouldLoseAnAgentIsNotTaken(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(words.schema.ddl());
        db.execute(words.personas);
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter);
            sidecar.awaitInStep(words.judge);
            assertThat(Turns.cutover(config).turned()).isTrue();
            String persona = words == Words.PASCAL ? "\"FromPersonaId\"" : "from_persona_id";
            String agent = words == Words.PASCAL ? "\"FromAgentId\"" : "from_agent_id";
            String agents = words == Words.PASCAL ? "\"Agents\"" : "app.agents";
            String id = words == Words.PASCAL ? "\"Id\"" : "agent_id";
            db.execute("UPDATE " + words.table + " t SET " + agent + " = (SELECT " + id + " FROM " + agents + " WHERE "
                    + id
                    + " <> t." + agent + " LIMIT 1) WHERE ctid = (SELECT min(ctid) FROM " + words.table + " WHERE "
                    + persona + " IS NOT NULL)"); // the stream need not have seen it yet

            TurnReport back = Turns.revert(config);
            assertThat(back.turned()).isFalse();
            assertThat(back.blockers()).extracting(Gate.Blocker::fact).containsExactly("conflicts");
            assertThat(phase(db, config)).isEqualTo("CUTOVER");
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void whatANewWriterWasWritingWhileItWasTurnedBackGetsItsPersona(Words words) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(words.schema.ddl());
        db.execute(words.personas);
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter);
            sidecar.awaitInStep(words.judge);
            // the constraints would have the way back wait for the writer; they are not what this is about
            db.execute("UPDATE " + config.name() + ".fence SET phase = 'CUTOVER'");
            CompletableFuture<TurnReport> turning;
            try (Connection writer = Writers.begin(db, words.newWriter)) {
                turning = CompletableFuture.supplyAsync(() -> {
                    try {
                        return Turns.revert(config);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                Await.until("it is turned back", () -> phase(db, config).equals("SYNC"));
                writer.commit();
            }
            assertThat(turning.get(1, TimeUnit.MINUTES).turned()).isTrue();
            assertThat(db.number(words.wrongWayRound)).isZero();
            assertThat(words.judge.outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM " + words.table)).isEqualTo(250);
        }
    }

    private static String phase(TestDatabase db, LockstepConfig config) throws Exception {
        return db.text("SELECT string_agg(DISTINCT phase, ',') FROM " + config.name() + ".fence");
    }

    private static long checks(TestDatabase db, Words words) throws Exception {
        return db.number("SELECT count(*) FROM pg_constraint WHERE conrelid = '" + words.table
                + "'::regclass AND contype = 'c' AND convalidated");
    }
}
