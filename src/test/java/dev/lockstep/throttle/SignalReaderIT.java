package dev.lockstep.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.database.Handles;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.Standby;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each signal rises when the server does what it stands for. */
class SignalReaderIT {

    private final TestDatabase db = TestPostgres.database();

    @TempDir
    private Path folder;

    @Test
    void aQuietServerGivesNoSignal() throws Exception {
        try (SidecarHarness sidecar = expanded(db);
                Connection connection = db.connect()) {
            Map<Signal, Double> values = read(sidecar, connection, Duration.ZERO);
            assertThat(values).hasSize(Signal.values().length);
            assertThat(values.get(Signal.LOCK_WAITS)).isZero();
            assertThat(values.get(Signal.ARCHIVE_WAITING)).isZero();
            assertThat(values.get(Signal.STANDBY_LAG_BYTES)).isZero();
            assertThat(values.get(Signal.STREAM_LAG_SECONDS)).as("nobody runs").isZero();
        }
    }

    @Test
    void writersThatWaitForOurLockAreCounted() throws Exception {
        try (SidecarHarness sidecar = expanded(db);
                Connection ours = sidecar.lockstep().open("a test");
                Connection writer = db.connect();
                Connection connection = db.connect()) {
            ours.setAutoCommit(false);
            execute(ours, "LOCK TABLE \"Messages\" IN SHARE MODE");
            Thread waiting = new Thread(() -> {
                try {
                    execute(writer, "INSERT INTO \"Messages\" (\"Content\") VALUES ('waits')");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            waiting.start();
            Await.until(
                    "the writer waits",
                    () -> read(sidecar, connection, Duration.ZERO).get(Signal.LOCK_WAITS) == 1);
            ours.rollback();
            waiting.join();
            assertThat(read(sidecar, connection, Duration.ZERO).get(Signal.LOCK_WAITS))
                    .isZero();
        }
    }

    @Test
    void aStreamThatStandsStillWhileSomebodyRunsIsLagBeyondAHeartbeat() throws Exception {
        try (SidecarHarness sidecar = expanded(db);
                Connection connection = db.connect()) {
            db.execute("UPDATE " + sidecar.name() + ".position SET commit_time = now() - interval '100 s'; UPDATE "
                    + sidecar.name() + ".lease SET expires_at = now() + interval '1 h'");
            assertThat(read(sidecar, connection, Duration.ofSeconds(5)).get(Signal.STREAM_LAG_SECONDS))
                    .isBetween(95.0, 110.0);
        }
    }

    @Test
    void checkpointsThatWereAskedForCountFromTheFirstLook() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of())) {
            TestDatabase own = TestPostgres.database(server);
            try (SidecarHarness sidecar = expanded(own);
                    Connection connection = own.connect()) {
                SignalReader reader = new SignalReader(sidecar.name(), Duration.ZERO);
                assertThat(Handles.ask(connection, reader::read).get(Signal.CHECKPOINTS_REQUESTED))
                        .isZero();
                for (int i = 0; i < 3; i++) {
                    own.execute("CHECKPOINT");
                }
                Await.until(
                        "they are counted",
                        () -> Handles.ask(connection, reader::read).get(Signal.CHECKPOINTS_REQUESTED) >= 3);
            }
        }
    }

    @Test
    void filesThatCannotBeArchivedAreCounted() throws Exception {
        try (EmbeddedPostgres server =
                TestPostgres.start(Map.of("archive_mode", "on", "archive_command", "/bin/false"))) {
            TestDatabase own = TestPostgres.database(server);
            try (SidecarHarness sidecar = expanded(own);
                    Connection connection = own.connect()) {
                own.execute("CREATE TABLE noise (i int)");
                Await.until("three wait", () -> {
                    own.execute("INSERT INTO noise VALUES (1); SELECT pg_switch_wal()");
                    return read(sidecar, connection, Duration.ZERO).get(Signal.ARCHIVE_WAITING) >= 3;
                });
            }
        }
    }

    @Test
    void sessionsOfOthersThatWorkAreCountedAndOursAreNot() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of())) { // of which all sessions are ours
            TestDatabase own = TestPostgres.database(server);
            try (SidecarHarness sidecar = expanded(own);
                    Connection busy = own.connect();
                    Connection ours = sidecar.lockstep().open("a test");
                    Connection connection = sidecar.lockstep().open("a look")) {
                double quiet = read(sidecar, connection, Duration.ZERO).get(Signal.ACTIVE_SESSIONS);
                CompletableFuture<Void> writer = sleeping(busy);
                CompletableFuture<Void> lockstep = sleeping(ours);
                Await.until(
                        "both work",
                        () -> own.number("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
                                        + " AND state = 'active'")
                                == 2);
                assertThat(read(sidecar, connection, Duration.ZERO).get(Signal.ACTIVE_SESSIONS))
                        .isEqualTo(quiet + 1);
                own.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'");
                writer.join();
                lockstep.join();
            }
        }
    }

    private static CompletableFuture<Void> sleeping(Connection connection) {
        return Writers.beside(() -> assertThatThrownBy(() -> execute(connection, "SELECT pg_sleep(600)"))
                .hasFieldOrPropertyWithValue("SQLState", "57014")); // cancelled
    }

    @Test
    void whatAStandbyHasNotReplayedIsItsLag() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            TestDatabase own = server.database();
            own.execute("CREATE TABLE noise (filler text)");
            try (SidecarHarness sidecar = expanded(own);
                    Connection connection = own.connect();
                    Standby standby = Standby.of(server, folder, LoopbackPorts.free(), "postgres")) {
                Await.until(
                        "it follows",
                        () -> own.number("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn IS NOT NULL") == 1
                                && lagOfStandby(sidecar, connection) == 0);
                standby.text("SELECT pg_wal_replay_pause()");
                Await.until(
                        "it stands still",
                        () -> "paused".equals(standby.text("SELECT pg_get_wal_replay_pause_state()")));
                long from = own.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
                own.execute("INSERT INTO noise SELECT repeat('x', 500) FROM generate_series(1, 4000)");
                long written = own.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint") - from;
                assertThat(lagOfStandby(sidecar, connection)).isGreaterThanOrEqualTo((double) written);
                standby.text("SELECT pg_wal_replay_resume()");
                Await.until("it has caught up", () -> lagOfStandby(sidecar, connection) == 0);
            }
        }
    }

    private static double lagOfStandby(SidecarHarness sidecar, Connection connection) throws SQLException {
        return read(sidecar, connection, Duration.ZERO).get(Signal.STANDBY_LAG_BYTES);
    }

    private static SidecarHarness expanded(TestDatabase database) throws SQLException {
        database.execute(LegacySchema.PASCAL.ddl());
        return SidecarHarness.expanded(database, LegacySchema.PASCAL.spec());
    }

    private static Map<Signal, Double> read(SidecarHarness sidecar, Connection connection, Duration heartbeat)
            throws SQLException {
        return Handles.ask(connection, new SignalReader(sidecar.name(), heartbeat)::read);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
