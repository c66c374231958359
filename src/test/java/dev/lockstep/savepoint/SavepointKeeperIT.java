package dev.lockstep.savepoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.SavepointsConfig;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Savepoints by the clock, on a server whose slots and WAL are this test's own. */
class SavepointKeeperIT {

    @TempDir
    private Path folder;

    @Test
    void areTakenKeptAndGivenUpInTime() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                    Connection connection = sidecar.lockstep().open("test")) {
                Savepoints savepoints = new Savepoints(sidecar.name());
                SavepointKeeper keeper =
                        new SavepointKeeper(sidecar.name(), new SavepointsConfig(Duration.ofHours(1), 2));
                savepoints.create(connection, "mine", false);
                keeper.tend(connection);
                keeper.tend(connection);
                assertThat(automatic(savepoints, connection))
                        .as("not before an hour is over")
                        .hasSize(1);

                String first = automatic(savepoints, connection).get(0);
                age(db, sidecar, first);
                Await.until("a second one", () -> {
                    keeper.tend(connection);
                    return automatic(savepoints, connection).size() == 2;
                });
                assertThat(automatic(savepoints, connection)).startsWith(first);
                age(db, sidecar, automatic(savepoints, connection).get(1));
                Await.until("the oldest goes for a third one", () -> {
                    keeper.tend(connection);
                    return !automatic(savepoints, connection).contains(first);
                });
                assertThat(automatic(savepoints, connection)).hasSize(2);
                assertThat(savepoints.find(connection, "mine"))
                        .as("nobody's but mine")
                        .isPresent();

                // the server's limit comes near
                db.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '48MB'");
                db.execute("SELECT pg_reload_conf()");
                db.execute(
                        "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)) FROM generate_series(1, 40)");
                keeper.tend(connection);
                assertThat(savepoints.list(connection).stream()
                                .filter(s -> s.name().equals("mine")))
                        .as("dropped before the server would")
                        .isEmpty();
            }
        }
    }

    /** Nobody else would ever let its WAL go. */
    @Test
    void withoutALimitOfTheServersTheyHaveOneOfTheirOwn() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("unlimited"))) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            db.execute("ALTER SYSTEM SET max_wal_size = '32MB'");
            db.execute("SELECT pg_reload_conf()");
            try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                    Connection connection = sidecar.lockstep().open("test")) {
                Savepoints savepoints = new Savepoints(sidecar.name());
                SavepointKeeper keeper =
                        new SavepointKeeper(sidecar.name(), new SavepointsConfig(Duration.ofHours(1), 0));
                savepoints.create(connection, "mine", false);
                write(db, 100);
                keeper.tend(connection);
                assertThat(savepoints.list(connection))
                        .as("three times max_wal_size")
                        .hasSize(1);
                write(db, 40);
                keeper.tend(connection);
                assertThat(savepoints.list(connection))
                        .as("more than four times")
                        .isEmpty();
            }
        }
    }

    private static void write(TestDatabase db, int megabytes) throws Exception {
        db.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1048576)) FROM generate_series(1, "
                + megabytes + ")");
    }

    /** As if it had been taken two hours ago. */
    private static void age(TestDatabase db, SidecarHarness sidecar, String name) throws Exception {
        db.execute("UPDATE " + sidecar.name() + ".savepoint SET created_at = created_at - interval '2 h' WHERE name = '"
                + name + "'");
    }

    private static List<String> automatic(Savepoints savepoints, Connection connection) throws Exception {
        return savepoints.list(connection).stream()
                .filter(Savepoint::automatic)
                .map(Savepoint::name)
                .toList();
    }
}
