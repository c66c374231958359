package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.RunProcess;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes on one name, each connected as a role of its own, so that the database knows who wrote what: one that is
 * killed and one that is frozen are replaced in time, and the frozen one writes nothing when it wakes up.
 */
class HandoverIT {

    private static final long PROMISED_MILLIS = 10_000;

    private static final String WRITE = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT gen_random_uuid(), 'm' FROM generate_series(1, 20) i";

    /** Who wrote a derived column, and when; of what is rolled back nothing stays. */
    private static final String WHO_WRITES = """
            CREATE TABLE written (at timestamptz, who text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN INSERT INTO written VALUES (clock_timestamp(), session_user); RETURN NEW; END';
            CREATE TRIGGER note AFTER UPDATE ON "Messages" FOR EACH ROW EXECUTE FUNCTION note();
            """;

    @TempDir
    private Path folder;

    @Test
    void aKilledAndAFrozenProcessAreReplacedInTime() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl() + WHO_WRITES);
        try (SidecarHarness expanded =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            try (RunProcess first = start(db, expanded.name(), "first")) {
                awaitDerived(db, "first");
                try (RunProcess second = start(db, expanded.name(), "second")) {
                    awaitSessions(db, expanded, 2);
                    long killed = System.nanoTime();
                    first.kill();
                    awaitDerived(db, "second");
                    assertInTime("killed", killed);
                    replaceFrozen(db, expanded, second);
                }
            }
            expanded.assertTheStreamAloneDidIt();
        }
    }

    private void replaceFrozen(TestDatabase db, SidecarHarness expanded, RunProcess frozen) throws Exception {
        try (RunProcess third = start(db, expanded.name(), "third")) {
            awaitSessions(db, expanded, 2);
            db.execute(WRITE);
            long stopped = System.nanoTime();
            frozen.freeze();
            awaitDerived(db, "third");
            assertInTime("frozen", stopped);
            String replaced = db.text("SELECT min(at) FROM written WHERE who LIKE '%_third'");

            frozen.thaw();
            Await.until("the frozen one is the standby", () -> {
                db.execute(WRITE);
                return frozen.log()
                                .lines()
                                .filter(line -> line.contains("standby: "))
                                .count()
                        == 2;
            });
            awaitSessions(db, expanded, 2);
            Await.until("every row is in step", () -> Judge.PASCAL.outOfStep(db) == 0);
            assertThat(db.rows("SELECT DISTINCT who FROM written WHERE at >= '" + replaced + "'"))
                    .containsExactly(List.of(role(db, "third")));
            assertThat(List.of(frozen.alive(), third.alive())).containsExactly(true, true);
        }
    }

    /** From here on rows come until one of them is derived by {@code who}. */
    private static void awaitDerived(TestDatabase db, String who) throws Exception {
        Await.until(who + " derives", () -> {
            db.execute(WRITE);
            return db.number("SELECT count(*) FROM written WHERE who = '" + role(db, who) + "'") > 0;
        });
    }

    private static void assertInTime(String what, long since) {
        long millis = (System.nanoTime() - since) / 1_000_000;
        System.out.println("a process that was " + what + " was replaced after " + millis + " ms");
        assertThat(millis).as("milliseconds until the next one derived a row").isLessThan(PROMISED_MILLIS);
    }

    private static void awaitSessions(TestDatabase db, SidecarHarness expanded, int many) throws Exception {
        Await.until(
                many + " processes",
                () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + expanded.name()
                                + "/lease'")
                        == many);
    }

    private RunProcess start(TestDatabase db, String name, String who) throws Exception {
        db.execute("CREATE ROLE " + role(db, who) + " SUPERUSER LOGIN PASSWORD 'x'");
        return RunProcess.start(Distribution.built(), folder.resolve(who), """
                name: %s
                database: {url: "%s", user: %s, password: x}
                http: {port: 0}
                savepoints: {keep: 0}
                %s""".formatted(
                        name, db.config().url(), role(db, who), LegacySchema.PASCAL.yaml()));
    }

    private static String role(TestDatabase db, String who) {
        String url = db.config().url();
        return url.substring(url.lastIndexOf('/') + 1) + "_" + who;
    }
}
