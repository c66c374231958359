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
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

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
            copyMessages(200);
            Lsn committed = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
            Await.until("some rows are applied", () -> applied.get() >= 10);
            assertThat(Judge.PASCAL.outOfStep(db)).isBetween(100L, 199L);
            assertThat(first.position()).isLessThan(committed);
            first.killWhile(killed::countDown);

            next.start().awaitInStep(Judge.PASCAL);
            next.assertTheStreamAloneDidIt();
        }
    }

    /** An index build waits for every older transaction, for hours if need be; a sidecar that is asked to stop does not. */
    @Test
    void stopsWhileAnIndexBuildWaitsForAnOldTransaction() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        insertMessages(20);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                Connection old = db.connect()) {
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Statement statement = old.createStatement()) {
                statement.execute("SELECT count(*) FROM \"Personas\"");
            }
            sidecar.start();
            Await.until(
                    "an index build waits",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                    + " AND datname = current_database() AND query LIKE '%CONCURRENTLY%'")
                            > 0);
            sidecar.stop();
            assertThat(Judge.PASCAL.outOfStep(db)).isZero();
            old.rollback();
        }
    }

    private void copyMessages(int count) throws Exception {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < count; i++) {
            rows.append(UUID.randomUUID()).append("\tcopied ").append(i).append('\n');
        }
        try (Connection connection = db.connect()) {
            new CopyManager(connection.unwrap(BaseConnection.class))
                    .copyIn(
                            "COPY \"Messages\" (\"FromPersonaId\", \"Content\") FROM STDIN",
                            new StringReader(rows.toString()));
        }
    }

    private void insertMessages(int rows) throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm ' || i"
                + " FROM generate_series(1, " + rows + ") i");
    }
}
