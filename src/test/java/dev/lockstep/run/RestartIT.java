package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** S3 and S3a: whatever ends a sidecar, the next one goes on from the stored position, without a gap and without a scan. */
class RestartIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void stoppedAndKilledItGoesOnByTheStreamAlone() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            sidecar.start();
            insertMessages(20);
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.stop();
            insertMessages(20);
            sidecar.start().awaitInStep(Judge.PASCAL);
            insertMessages(20);
            sidecar.kill();
            insertMessages(20);
            sidecar.start().awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    /** The server sends rows of one COPY with one LSN: an acknowledgement of half of them would lose the other half. */
    @Test
    void killedBetweenTwoBatchesOfOneCommit() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        CountDownLatch killed = new CountDownLatch(1);
        AtomicInteger applied = new AtomicInteger();
        SyncMeter holdsAfterTheFirstRows = new SyncMeter() {
            @Override
            public void applied(Batch batch, Duration took, int held) {
                if (applied.addAndGet(batch.changes().size()) >= 10) {
                    Await.uninterruptibly(killed);
                }
            }
        };
        try (SidecarHarness next =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            SidecarHarness first =
                    next.withBatchRows(10).withMeter(holdsAfterTheFirstRows).start();
            insertMessages(200);
            Lsn committed = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
            Await.until("some rows are applied", () -> applied.get() >= 10);
            assertThat(Judge.PASCAL.outOfStep(db)).isBetween(100L, 199L);
            assertThat(first.position()).isLessThan(committed);
            first.killWhile(killed::countDown);

            next.start().awaitInStep(Judge.PASCAL);
            next.assertTheStreamAloneDidIt();
        }
    }

    private void insertMessages(int rows) throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm ' || i"
                + " FROM generate_series(1, " + rows + ") i");
    }
}
