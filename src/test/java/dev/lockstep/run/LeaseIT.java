package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Batch;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.RestartableServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** One writes, the others stand by; a server that goes away and comes back costs time and nothing else. */
class LeaseIT {

    private static final String INSERT = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT gen_random_uuid(), i FROM generate_series(1, 20) i";

    @Test
    void aStandbyTakesOverWhenTheFirstStops() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness first =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            first.start().awaitCaughtUp();
            SidecarHarness second = first.withBatchRows(1000).start();
            Await.until("the second stands by", () -> leaseSessions(db, first) == 2);
            db.execute(INSERT);
            first.awaitInStep(Judge.PASCAL);
            assertThat(epoch(db, first)).isEqualTo(1);
            first.stop();
            db.execute(INSERT);
            second.awaitInStep(Judge.PASCAL);
            assertThat(epoch(db, first)).isEqualTo(2);
            second.stop();
            first.assertTheStreamAloneDidIt();
        }
    }

    /** A frozen process keeps its sessions, and wakes up in the middle of its work. */
    @Test
    void aHolderThatFrozeWritesNothingMoreOnceItWasReplaced() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        CountDownLatch thawed = new CountDownLatch(1);
        AtomicBoolean frozen = new AtomicBoolean();
        SyncMeter freezes = new SyncMeter() {
            @Override
            public void applied(Batch batch, Duration took, int held) {
                if (!batch.changes().isEmpty()) {
                    frozen.set(true);
                    Await.uninterruptibly(thawed);
                }
            }
        };
        try (SidecarHarness second =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            SidecarHarness first = second.withMeter(freezes).start();
            first.awaitCaughtUp();
            db.execute(INSERT);
            Await.until("the first is frozen in the middle of its work", frozen::get);
            // its clock goes on renewing, so the lease is taken from it as if it had run out
            db.execute("UPDATE " + second.name() + ".lease SET epoch = epoch + 1, expires_at = '-infinity'");
            second.start();
            Await.until("the second has taken over", () -> epoch(db, second) >= 3);
            db.execute(INSERT);
            second.awaitInStep(Judge.PASCAL);
            long written = writes(db);
            thawed.countDown();
            first.stopWaiting();
            assertThat(writes(db)).isEqualTo(written);
            db.execute(INSERT);
            second.awaitInStep(Judge.PASCAL);
            second.stop();
            second.assertTheStreamAloneDidIt();
        }
    }

    @Test
    void nothingIsWrittenBehindAFenceOfAnotherEpoch() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            sidecar.start().awaitCaughtUp();
            db.execute("UPDATE " + sidecar.name() + ".fence SET epoch = 100");
            db.execute(INSERT);
            Await.until(
                    "it has tried in two epochs",
                    () -> db.number("SELECT epoch FROM " + sidecar.name() + ".lease") >= 3);
            assertThat(Judge.PASCAL.outOfStep(db)).isEqualTo(20);
            assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isZero();

            db.execute("UPDATE " + sidecar.name() + ".lease SET epoch = 100");
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    /** A smart shutdown waits for every session, and would for ever wait for those of a sidecar and its standby. */
    @Test
    void aServerThatIsAskedToStopNeedNotWaitForUs() throws Exception {
        try (RestartableServer server = new RestartableServer()) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness first =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
                first.start();
                SidecarHarness standby = first.withBatchRows(1000).start();
                db.execute(INSERT);
                first.awaitInStep(Judge.PASCAL);
                server.askToStop();
                server.awaitStopped();
                server.startAgain();
                db.execute(INSERT);
                first.awaitInStep(Judge.PASCAL);
                assertThat(first.running()).isTrue();
                assertThat(standby.running()).isTrue();
                first.assertTheStreamAloneDidIt();
                standby.stop();
                first.stop();
            }
        }
    }

    /** A retry that gives up because the tenure ends must not end the process with it. */
    @Test
    void aTenureThatEndsInTheMiddleOfARetryIsFollowedByTheNext() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                        SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled();
                Connection holder = db.connect()) {
            sidecar.start().awaitCaughtUp();
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("LOCK " + sidecar.name() + ".dead_letter");
            }
            Await.until("it asks for dead letters", () -> waitingForDeadLetters(db) > 0);
            db.execute("UPDATE " + sidecar.name() + ".lease SET epoch = epoch + 1, expires_at = '-infinity'");
            Await.until("it has taken the lease again", () -> epoch(db, sidecar) >= 3);
            holder.rollback();
            db.execute(INSERT);
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(sidecar.running()).isTrue();
            sidecar.stop();
        }
    }

    @Test
    void theServerGoesAwayAndComesBack() throws Exception {
        try (RestartableServer server = new RestartableServer()) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness first =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
                first.start();
                SidecarHarness standby = first.withBatchRows(1000).start();
                db.execute(INSERT);
                first.awaitInStep(Judge.PASCAL);
                db.execute(INSERT);
                server.stop();
                server.startAgain();
                db.execute(INSERT);
                first.awaitInStep(Judge.PASCAL);
                assertThat(first.running()).isTrue();
                assertThat(standby.running()).isTrue();
                assertThat(standby.failure()).isNull();
                first.assertTheStreamAloneDidIt();
                standby.stop();
                first.stop();
            }
        }
    }

    private static long waitingForDeadLetters(TestDatabase db) throws Exception {
        return db.number("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IN"
                + " (SELECT oid FROM pg_class WHERE relname = 'dead_letter')");
    }

    private static long leaseSessions(TestDatabase db, SidecarHarness sidecar) throws Exception {
        return db.number(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + sidecar.name() + "/lease'");
    }

    private static long epoch(TestDatabase db, SidecarHarness sidecar) throws Exception {
        return db.number("SELECT max(epoch) FROM " + sidecar.name() + ".fence");
    }

    /** Rows that were ever written, and the position. */
    private static long writes(TestDatabase db) throws Exception {
        return db.number("SELECT max(xmin::text::bigint) FROM \"Messages\"");
    }
}
