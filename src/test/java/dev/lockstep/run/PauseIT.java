package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.database.Handles;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.state.Control;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pause writes nothing, hides no lag, loses nothing, and ends before it costs the slot. */
class PauseIT {

    private static final Map<LegacySchema, String> WRITES = Map.of(
            LegacySchema.PASCAL,
            "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm' FROM generate_series(1, 50)",
            LegacySchema.SNAKE,
            "INSERT INTO app.messages (from_persona_id, body) SELECT 1 + i % 7, 'm' FROM generate_series(1, 50) i");

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void nothingIsWrittenAndTheLagGrowsUntilItIsResumed(LegacySchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        Judge judge = schema == LegacySchema.PASCAL ? Judge.PASCAL : Judge.SNAKE;
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec())) {
            sidecar.start().awaitCaughtUp();
            pause(sidecar, db);
            String before = judge.untouched(db);
            db.execute(WRITES.get(schema));
            StatusReport first = status(sidecar);
            Await.until("the lag grows", () -> {
                StatusReport now = status(sidecar);
                return now.lag().seconds() > first.lag().seconds() + 3
                        && now.lag().bytes() > first.lag().bytes();
            });
            assertThat(judge.outOfStep(db)).isEqualTo(50);
            assertThat(judge.untouched(db)).isNotEqualTo(before);
            assertThat(first.pause().by()).isEqualTo("a test");
            assertThat(first.blockers()).anyMatch(line -> line.startsWith("paused since"));

            tell(sidecar, db, control -> handle -> control.endPause(handle, ""));
            sidecar.awaitInStep(judge);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    @Test
    void aRunThatStartsUnderAPauseWritesNothing() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            tell(sidecar, db, control -> handle -> control.startPause(handle, "a test"));
            db.execute(WRITES.get(LegacySchema.PASCAL));
            sidecar.start();
            Await.until("the slot is in use", () -> status(sidecar).slot().active());
            Await.until("the lag grows", () -> status(sidecar).lag().seconds() > 3);
            assertThat(Judge.PASCAL.outOfStep(db)).isEqualTo(50);
            tell(sidecar, db, control -> handle -> control.endPause(handle, ""));
            sidecar.awaitInStep(Judge.PASCAL);
        }
    }

    @Test
    void aPauseEndsByItselfBeforeTheSlotIsLost() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of(
                "max_slot_wal_keep_size",
                "64MB",
                "wal_keep_size",
                "0",
                "max_wal_size",
                "64MB",
                "min_wal_size",
                "32MB"))) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
                sidecar.start().awaitCaughtUp();
                pause(sidecar, db);
                db.execute(WRITES.get(LegacySchema.PASCAL));
                db.execute("CREATE TABLE noise (t text)");
                Await.until("four fifths of the budget are used", () -> {
                    StatusReport now = status(sidecar);
                    if (now.pause().active() && now.budget().usedPercent() < 80) {
                        db.execute("INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
                    }
                    return !now.pause().active() || now.budget().usedPercent() >= 80;
                });
                Await.until(
                        "the pause has ended", () -> !status(sidecar).pause().active());
                assertThat(status(sidecar).pause().ended()).contains("max_slot_wal_keep_size");
                sidecar.awaitInStep(Judge.PASCAL);
                sidecar.assertTheStreamAloneDidIt();
            }
        }
    }

    private interface Order {
        Handles.Order of(Control control);
    }

    private static void tell(SidecarHarness sidecar, TestDatabase db, Order order) throws Exception {
        try (Connection connection = db.connect()) {
            Handles.tell(connection, order.of(new Control(sidecar.name())));
        }
    }

    /** Returns when it is in force: a row that is written stays out of step for two heartbeats. */
    private static void pause(SidecarHarness sidecar, TestDatabase db) throws Exception {
        tell(sidecar, db, control -> handle -> control.startPause(handle, "a test"));
        String asked = db.text("SELECT clock_timestamp()");
        Await.until(
                "the clock has asked",
                () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + sidecar.name()
                                + "/lease' AND query LIKE '%paused_at%' AND query_start > '" + asked + "'")
                        > 0);
    }

    private static StatusReport status(SidecarHarness sidecar) {
        return StatusReader.once(sidecar.lockstep(), sidecar.config());
    }
}
