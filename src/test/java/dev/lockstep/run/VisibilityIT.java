package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.Snapshot;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * An event can come before its row is visible: the commit is in the WAL, and its session waits for a standby. With a
 * standby that does not exist the test holds a commit there for as long as it likes.
 */
class VisibilityIT {

    private static final String INSERT =
            "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), '%s')";

    @Test
    void aCommitThatAStandbyHoldsUpIsDerivedOnceItIsVisible() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of())) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                    .backfilled()
                    .withHeartbeat(Duration.ofMinutes(5))
                    .start()) {
                db.execute(INSERT.formatted("before"));
                sidecar.awaitInStep(Judge.PASCAL);

                CompletableFuture<Void> writer;
                try (AwayStandby standby = AwayStandby.of(db)) {
                    Lsn before = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
                    writer = Writers.beside(() -> db.execute(INSERT.formatted("held")));
                    standby.awaitWaiting();
                    assertThatTheEventHasComeAndTheRowHasNot(db, before);
                    assertThat(sidecar.position()).isLessThanOrEqualTo(before);
                    assertThat(writer).isNotDone();
                }
                writer.join();
                sidecar.awaitInStep(Judge.PASCAL);
                sidecar.assertTheStreamAloneDidIt();
            }
        }
    }

    /** Later commits do not wait, so the held one is in the snapshot's list; its batch still waits for it. */
    @Test
    void anOlderCommitThatIsHeldUpBesideNewerOnesIsNotPassed() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of())) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness sidecar =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
                CompletableFuture<Void> writer;
                try (AwayStandby standby = AwayStandby.of(db)) {
                    Lsn before = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
                    writer = Writers.beside(() -> db.execute(INSERT.formatted("held")));
                    standby.awaitWaiting();
                    for (int i = 0; i < 5; i++) {
                        db.execute("SET synchronous_commit = local; " + INSERT.formatted("newer"));
                    }
                    sidecar.start();
                    assertThatTheEventHasComeAndTheRowHasNot(db, before);
                    assertThat(sidecar.position()).isLessThanOrEqualTo(before);
                }
                writer.join();
                sidecar.awaitInStep(Judge.PASCAL);
                sidecar.assertTheStreamAloneDidIt();
            }
        }
    }

    /** What the server says while its newest commit is held up: the id is not in the list, it is xmax itself. */
    @Test
    void theNewestCommitThatIsHeldUpIsNotInTheSnapshotsList() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of())) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            CompletableFuture<Void> writer;
            long xid;
            try (AwayStandby standby = AwayStandby.of(db)) {
                writer = Writers.beside(() -> db.execute(INSERT.formatted("held")));
                standby.awaitWaiting();
                xid = db.number("SELECT backend_xid::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
                Snapshot snapshot = Snapshot.parse(db.text("SELECT pg_current_snapshot()"));
                assertThat(snapshot.inProgress()).doesNotContain(xid);
                assertThat(snapshot.sees(xid)).isFalse();
            }
            writer.join();
            assertThat(Snapshot.parse(db.text("SELECT pg_current_snapshot()")).sees(xid))
                    .isTrue();
        }
    }

    private static void assertThatTheEventHasComeAndTheRowHasNot(TestDatabase db, Lsn before) throws Exception {
        Set<String> looks = new HashSet<>();
        Await.until("the sidecar looks for the row again and again", () -> {
            looks.add(db.text("SELECT query_start FROM pg_stat_activity WHERE application_name LIKE '%/run-lane-0'"
                    + " AND query <> 'COMMIT' AND EXISTS (SELECT FROM pg_stat_replication WHERE sent_lsn > '" + before
                    + "'::pg_lsn)"));
            looks.remove(null);
            return looks.size() > 10;
        });
        assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"Content\" = 'held'"))
                .isZero();
    }

    /** A standby that commits have to wait for and that never comes; closed, nobody waits for it any more. */
    private record AwayStandby(TestDatabase db) implements AutoCloseable {

        static AwayStandby of(TestDatabase db) throws Exception {
            AwayStandby standby = new AwayStandby(db);
            standby.set("nobody");
            Await.until("the setting is in force", () -> "nobody".equals(db.text("SHOW synchronous_standby_names")));
            return standby;
        }

        void awaitWaiting() throws Exception {
            Await.until(
                    "a commit waits for the standby",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 1);
        }

        @Override
        public void close() throws SQLException {
            set("");
        }

        private void set(String names) throws SQLException {
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET synchronous_commit = local");
                statement.execute("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
                statement.execute("SELECT pg_reload_conf()");
            }
        }
    }
}
