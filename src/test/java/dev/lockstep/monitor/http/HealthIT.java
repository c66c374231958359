package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What probes are told when something is wrong. */
class HealthIT {

    private static final Duration LONG = Duration.ofDays(1);

    private final TestDatabase db = TestPostgres.database();

    /** The process runs, its stream does not: the server's sender of it is frozen. */
    @Test
    void whoseHeartbeatsDoNotComeBackIsNotAlive() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (ServedSidecar served = ServedSidecar.on(db, LegacySchema.PASCAL)) {
            Health health = served.health(LONG, Duration.ofSeconds(8));
            assertThat(health.live().well()).as("a standby has none").isTrue();
            served.run();
            Await.until("it streams", () -> served.pulse().streaming());
            assertThat(health.live().well()).isTrue();
            long sender =
                    db.number("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '" + served.name() + "'");
            signal("STOP", sender);
            try {
                Await.until("it is not alive", () -> !health.live().well());
            } finally {
                signal("CONT", sender);
            }
            Await.until("it is alive", () -> health.live().well());
        }
    }

    @Test
    void whoLagsOrHasAGapOpenIsNotReady() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (ServedSidecar served = ServedSidecar.on(db, LegacySchema.PASCAL)) {
            Health health = served.health(LONG, LONG);
            Health strict = served.health(Duration.ofSeconds(1), LONG);
            served.pulse().streaming(true); // nothing runs, so the position only grows older
            Await.until("the lag is known", () -> health.ready().well());
            Await.until("it lags", () -> !strict.ready().well());
            db.execute("INSERT INTO " + served.name() + ".gap (reason, detail) VALUES ('test', 'made by a test')");
            Await.until("there is a gap", () -> !health.ready().well());
            db.execute("DELETE FROM " + served.name() + ".gap");
            Await.until("there is none", () -> health.ready().well());
            served.pulse().streaming(false);
            assertThat(health.ready().well()).isFalse();
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(code).isZero();
    }
}
