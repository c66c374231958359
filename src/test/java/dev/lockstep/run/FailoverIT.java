package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.Standby;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.Writers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The primary is killed and its standby promoted, under writers, on both schemas: a gap is recorded, scanned and verified
 * clean, and nobody has to do anything.
 */
class FailoverIT {

    private enum Slots {
        /** The standby keeps a copy of the slot. */
        SYNCED("other-timeline"),
        /** It does not: a server older than 17, or one whose standby was not told to. */
        LEFT_BEHIND("slot-missing,other-timeline");

        private final String reason;

        Slots(String reason) {
            this.reason = reason;
        }
    }

    /** One application, its writer and its sidecar. */
    private record Application(
            LegacySchema legacy, Judge judge, String write, TestDatabase db, SidecarHarness sidecar) {

        void add() throws SQLException {
            db.execute(write);
        }
    }

    private static final String PASCAL_WRITE = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT gen_random_uuid(), i FROM generate_series(1, 5) i;"
            + "INSERT INTO \"Conversations\" (\"PersonaId\") VALUES (gen_random_uuid())";
    private static final String SNAKE_WRITE = "INSERT INTO app.personas (display_name) VALUES ('p');"
            + "INSERT INTO app.messages (from_persona_id, body) SELECT max(persona_id), 'x' FROM app.personas;"
            + "INSERT INTO app.conversations (tenant, conversation_no, persona_id)"
            + " SELECT 1, max(persona_id), max(persona_id) FROM app.personas";

    @TempDir
    private Path folder;

    static Stream<Slots> slots() {
        return Arrays.stream(Slots.values())
                .filter(slots -> slots != Slots.SYNCED || Integer.getInteger("postgres.version", 18) >= 17);
    }

    @ParameterizedTest
    @MethodSource("slots")
    void aPromotedStandbyEndsInStepAndVerified(Slots slots) throws Exception {
        int port = LoopbackPorts.free();
        try (OwnServer primary = OwnServer.start(folder.resolve("server"))) {
            Application pascal = application(primary, port, LegacySchema.PASCAL, Judge.PASCAL, PASCAL_WRITE);
            Application snake = application(primary, port, LegacySchema.SNAKE, Judge.SNAKE, SNAKE_WRITE);
            List<Application> both = List.of(pascal, snake);
            pascal.db().text("SELECT pg_replication_origin_create('others')"); // each would be the other's, and a gap
            try (Standby standby = Standby.of(primary, folder, port, "postgres")) {
                fail(slots, primary, standby, both);
                for (Application application : both) {
                    application.sidecar().awaitInStep(application.judge());
                    awaitSettled(application, slots.reason);
                    application.add();
                    application.sidecar().awaitInStep(application.judge());
                    application.sidecar().stop();
                    application.sidecar().close();
                }
            }
        }
    }

    private static void fail(Slots slots, OwnServer primary, Standby standby, List<Application> both) throws Exception {
        StopSignal enough = new StopSignal();
        CompletableFuture<?>[] writers = both.stream()
                .map(application -> Writers.beside(() -> writeOn(application, enough)))
                .toArray(CompletableFuture[]::new);
        for (Application application : both) {
            application.sidecar().start().awaitCaughtUp();
        }
        if (slots == Slots.SYNCED) {
            standby.syncSlots();
            AtomicInteger looks = new AtomicInteger();
            Await.until("the standby keeps both slots", () -> {
                if (looks.getAndIncrement() % 20 == 0) {
                    both.get(0).db().execute("CHECKPOINT"); // else the slots are too far behind for a while
                }
                return "2"
                        .equals(standby.text(
                                "SELECT count(*) FROM pg_replication_slots WHERE synced AND NOT temporary"));
            });
        }
        primary.kill();
        standby.promote();
        for (Application application : both) {
            long rows = rows(application);
            Await.until("the application writes to the new primary", () -> rows(application) > rows);
        }
        enough.request();
        CompletableFuture.allOf(writers).join();
    }

    /** As an application does that tries again on the other host. */
    private static void writeOn(Application application, StopSignal enough) throws Exception {
        int failed = 0;
        while (!enough.pause(Duration.ofMillis(5))) {
            try {
                application.add();
                failed = 0;
            } catch (SQLException e) {
                if (++failed == 2_000) {
                    throw e;
                }
            }
        }
    }

    private static long rows(Application application) throws SQLException {
        return application
                .db()
                .number("SELECT count(*) FROM "
                        + application.judge().tables().get(1).name());
    }

    private static void awaitSettled(Application application, String reason) throws Exception {
        String name = application.sidecar().name();
        TestDatabase db = application.db();
        Await.until(
                "the gap is verified",
                () -> db.number("SELECT count(*) FROM " + name + ".gap WHERE verified_at IS NOT NULL") == 1);
        assertThat(db.rows("SELECT reason, scanned_at <= verified_at FROM " + name + ".gap"))
                .containsExactly(List.of(reason, "t"));
        assertThat(db.rows("SELECT kind, clean, began_at >= (SELECT scanned_at FROM " + name + ".gap), timeline FROM "
                        + name + ".evidence WHERE kind = 'verify'"))
                .containsExactly(List.of("verify", "t", "t", "2"));
    }

    private static Application application(
            OwnServer primary, int standbyPort, LegacySchema legacy, Judge judge, String write) throws Exception {
        DatabaseConfig made = primary.database().config();
        TestDatabase db = new TestDatabase(new DatabaseConfig(
                made.url()
                        .replace(
                                "localhost:" + primary.port(),
                                "127.0.0.1:" + primary.port() + ",127.0.0.1:" + standbyPort),
                made.user(),
                made.password(),
                made.schema()));
        db.execute(legacy.ddl());
        return new Application(
                legacy,
                judge,
                write,
                db,
                SidecarHarness.expanded(db, legacy.spec()).backfilled());
    }
}
