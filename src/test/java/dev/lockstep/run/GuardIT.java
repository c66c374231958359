package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** S4: what could have been lost becomes one recorded gap, is scanned, and ends in step. */
class GuardIT {

    private static final String WRITE = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT gen_random_uuid(), 'm' || i FROM generate_series(1, 10) i;"
            + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT gen_random_uuid() FROM generate_series(1, 10) i;";

    /** What happens while the sidecar is down; {name} is its slot, publication and schema. */
    private enum Mishap {
        SLOT_DROPPED("slot-missing", "SELECT pg_drop_replication_slot('{name}')"),
        SLOT_ADVANCED("slot-ahead", "SELECT pg_replication_slot_advance('{name}', pg_current_wal_lsn())"),
        TABLE_DROPPED_FROM_PUBLICATION("publication-altered", "ALTER PUBLICATION {name} DROP TABLE \"Messages\""),
        OPERATION_DROPPED_FROM_PUBLICATION(
                "publication-altered", "ALTER PUBLICATION {name} SET (publish = 'insert, update, delete')"),
        PUBLICATION_DROPPED("publication-altered", "DROP PUBLICATION {name}"),
        POSITION_AHEAD("position-ahead", "UPDATE {name}.position SET lsn = pg_current_wal_insert_lsn() + 1000000000"),
        POSITION_OF_ANOTHER_SERVER("other-server", "UPDATE {name}.position SET system_id = system_id + 1"),
        POSITION_OF_ANOTHER_TIMELINE("other-timeline", "UPDATE {name}.position SET timeline = timeline + 1");

        private final String reason;
        private final String sql;

        Mishap(String reason, String sql) {
            this.reason = reason;
            this.sql = sql;
        }
    }

    @ParameterizedTest
    @EnumSource(Mishap.class)
    void whatHappenedWhileDownIsOneGapAndIsScanned(Mishap mishap) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            db.execute(WRITE);
            db.execute(mishap.sql.replace("{name}", sidecar.name()));
            db.execute(WRITE);
            sidecar.start();
            Await.until("the gap is scanned", () -> scannedGaps(db, sidecar) == 1);
            sidecar.awaitInStep(Judge.PASCAL);
            assertOneGap(db, sidecar, mishap.reason);

            db.execute(WRITE);
            sidecar.awaitInStep(Judge.PASCAL);
            assertOneGap(db, sidecar, mishap.reason);
        }
    }

    @Test
    void aTableDroppedFromThePublicationWhileRunning() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            db.execute(WRITE);
            sidecar.awaitInStep(Judge.PASCAL);
            db.execute("ALTER PUBLICATION " + sidecar.name() + " DROP TABLE \"Messages\", \"Agents\"");
            db.execute(WRITE);
            db.execute("DELETE FROM \"Agents\" WHERE \"Id\" IN (SELECT \"FromAgentId\" FROM \"Messages\" LIMIT 3)");
            Await.until("the gap is scanned", () -> scannedGaps(db, sidecar) == 1);
            sidecar.awaitInStep(Judge.PASCAL);
            assertOneGap(db, sidecar, "publication-altered");
        }
    }

    /** An agent that went while nobody looked is known to nobody: what was remembered of it must be forgotten. */
    @Test
    void anAgentThatWentInTheGapIsMadeAnewForLaterRows() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            db.execute(WRITE);
            sidecar.awaitInStep(Judge.PASCAL);
            String persona = db.text("SELECT \"FromPersonaId\" FROM \"Messages\" LIMIT 1");
            db.execute("DELETE FROM \"Messages\" WHERE \"FromPersonaId\" = '" + persona + "'");
            sidecar.awaitInStep(Judge.PASCAL);
            db.execute("ALTER PUBLICATION " + sidecar.name() + " DROP TABLE \"Agents\"");
            db.execute("DELETE FROM \"Agents\" WHERE \"PersonaId\" = '" + persona + "'");
            Await.until("the gap is scanned", () -> scannedGaps(db, sidecar) == 1);
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\") VALUES ('" + persona + "')");
            sidecar.awaitInStep(Judge.PASCAL);
        }
    }

    @Test
    void aSlotInvalidatedBecauseItKeptTooMuchWal() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of(
                "max_slot_wal_keep_size", "1MB",
                "max_wal_size", "32MB",
                "min_wal_size", "32MB"))) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness sidecar =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
                db.execute(WRITE);
                Await.until("the slot is lost", () -> {
                    db.rows("SELECT pg_switch_wal() FROM pg_logical_emit_message(true, 'x', 'x')");
                    db.execute("CHECKPOINT");
                    return "lost".equals(db.text("SELECT wal_status FROM pg_replication_slots"));
                });
                db.execute(WRITE);
                sidecar.start();
                Await.until("the gap is scanned", () -> scannedGaps(db, sidecar) == 1);
                sidecar.awaitInStep(Judge.PASCAL);
                assertOneGap(db, sidecar, "slot-invalidated");
            }
        }
    }

    private static long scannedGaps(TestDatabase db, SidecarHarness sidecar) throws Exception {
        assertThat(sidecar.failure()).isNull();
        return db.number("SELECT count(*) FROM " + sidecar.name() + ".gap WHERE scanned_at IS NOT NULL");
    }

    private static void assertOneGap(TestDatabase db, SidecarHarness sidecar, String reason) throws Exception {
        assertThat(db.rows("SELECT reason, stream_restored_at IS NOT NULL, scanned_at IS NOT NULL FROM "
                        + sidecar.name() + ".gap"))
                .containsExactly(List.of(reason, "t", "t"));
        assertThat(db.number("SELECT count(*) FROM " + sidecar.name()
                        + ".scan WHERE state = 'done' AND gap_id = (SELECT id FROM " + sidecar.name() + ".gap)"))
                .isEqualTo(2);
    }
}
