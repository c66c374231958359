package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import org.junit.jupiter.api.Test;

/** The server may forget what is applied, and nothing else. */
class SlotIT {

    @Test
    void theSlotFollowsThePositionWhileItRuns() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.start();
            for (int i = 0; i < 3; i++) {
                db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                        + " SELECT gen_random_uuid(), 'm' FROM generate_series(1, 20)");
                String written = db.text("SELECT pg_current_wal_insert_lsn()");
                Await.until(
                        "the slot passes what was written",
                        () -> db.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + sidecar.name()
                                        + "' AND confirmed_flush_lsn > '" + written + "'")
                                == 1);
                String confirmed = db.text("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '"
                        + sidecar.name() + "'");
                assertThat(db.text("SELECT lsn >= '" + confirmed + "' FROM " + sidecar.name() + ".position"))
                        .as("never past the stored position")
                        .isEqualTo("t");
            }
        }
    }

    /** From 17 on a standby may keep a copy of it; the replication protocol alone can say so of a slot that is there. */
    @Test
    void aSlotOfAnOlderLockstepSurvivesAFailoverFromNowOn() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            String name = sidecar.name();
            db.text("SELECT pg_drop_replication_slot('" + name + "')");
            db.text("SELECT pg_create_logical_replication_slot('" + name + "', 'pgoutput')");
            db.execute("UPDATE " + name + ".position SET lsn = (SELECT confirmed_flush_lsn FROM pg_replication_slots"
                    + " WHERE slot_name = '" + name + "')");
            sidecar.start().awaitCaughtUp();
            assertThat(db.text("SELECT to_jsonb(s) ->> 'failover' FROM pg_replication_slots s WHERE slot_name = '"
                            + name + "'"))
                    .isEqualTo(db.number("SHOW server_version_num") < 170000 ? null : "true");
            assertThat(sidecar.gaps()).isZero();
            sidecar.stop();
        }
    }
}
