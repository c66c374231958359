package dev.lockstep.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.database.Handles;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each signal rises when the server does what it stands for. */
class SignalReaderIT {

    private final TestDatabase db = TestPostgres.database();

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
