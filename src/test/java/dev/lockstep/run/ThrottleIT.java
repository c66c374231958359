package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Lsn;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.state.Control;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scans wait where the server has enough to do; the stream does not. Limits can be changed meanwhile. */
class ThrottleIT {

    private static final String MESSAGES =
            "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), '%s' FROM generate_series(1, 500)";

    private final TestDatabase db = TestPostgres.database();

    @Test
    void aScanStopsAtASignalSaysWhichAndGoesOnWhenTheLimitIsRaised() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + MESSAGES.formatted("old"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                Connection busy = db.connect();
                Connection holder = db.connect()) {
            limit(sidecar, Map.of("activeSessions", 0.0));
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("SELECT pg_advisory_xact_lock(77)");
            }
            Thread active = new Thread(() -> waits(busy));
            active.start();
            sidecar.start();
            Await.until("it is stopped", () -> throttle(sidecar).level().equals("stopped"));
            db.execute(MESSAGES.formatted("new"));
            Lsn written = sidecar.mark();
            Await.until("the stream goes on", () -> sidecar.position().isAtLeast(written));
            assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"))
                    .as("the stream goes on, the scan waits")
                    .isEqualTo(500);
            assertThat(db.number(
                            "SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL AND \"Content\" = 'old'"))
                    .isEqualTo(500);
            assertThat(throttle(sidecar).by()).isEqualTo("activeSessions");

            limit(sidecar, Map.of("activeSessions", 1000.0));
            sidecar.awaitInStep(Judge.PASCAL);
            holder.rollback();
            active.join();
        }
    }

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void aVerificationStopsAtASignalSaysWhichAndGoesOnWhenTheLimitIsRaised(LegacySchema schema, @TempDir Path folder)
            throws Exception {
        String messages = schema == LegacySchema.PASCAL ? "\"Messages\" (\"Content\")" : "app.messages (body)";
        db.execute(schema.ddl() + "INSERT INTO " + messages + " SELECT 'a word' FROM generate_series(1, 500)");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec()).backfilled();
                Connection busy = db.connect();
                Connection holder = Writers.begin(db, "SELECT pg_advisory_xact_lock(77)")) {
            limit(sidecar, Map.of("activeSessions", 0.0));
            CompletableFuture<Void> active = Writers.beside(() -> waits(busy));
            Files.writeString(folder.resolve("lockstep.yaml"), """
                    name: %s
                    database: {url: "%s", user: postgres, password: postgres}
                    %s""".formatted(
                            sidecar.name(), db.config().url(), schema.yaml()));
            Path log = folder.resolve("verify.log");
            Process verify = Distribution.built().start(folder, log, "verify");
            try {
                Await.until("it is stopped", () -> {
                    String said = Files.readString(log);
                    assertThat(verify.isAlive()).as(said).isTrue();
                    return said.contains("the verification is stopped: activeSessions is ");
                });
                limit(sidecar, Map.of("activeSessions", 1000.0));
                Await.until("it ends", () -> !verify.isAlive());
                assertThat(Files.readString(log)).contains("the verification goes on at full speed");
                assertThat(verify.exitValue()).as("nobody derives rows here").isOne();
            } finally {
                verify.destroyForcibly();
            }
            holder.rollback();
            active.join();
        }
    }

    private void limit(SidecarHarness sidecar, Map<String, Double> limits) throws Exception {
        try (Connection connection = db.connect()) {
            Handles.tell(connection, handle -> new Control(sidecar.name()).setLimits(handle, limits));
        }
    }

    private static StatusReport.Throttling throttle(SidecarHarness sidecar) {
        return StatusReader.once(sidecar.lockstep(), sidecar.config()).throttle();
    }

    /** A statement that runs until the lock is free. */
    private static void waits(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(77)");
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
