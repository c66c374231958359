package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.demo.DemoSchema;
import dev.lockstep.demo.LegacyCounts;
import dev.lockstep.demo.LegacyWriters;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * S3: {@code kill -9} of the sidecar and a crash of the server, at random moments under load, lose nothing; and it is the
 * stream alone that makes good, no scan. {@code -Dcrash.seed=…} repeats a run's decisions, {@code -Dcrash.kills=…} goes on
 * for longer. What is needed to look into a loss stays in {@code target/crash}.
 */
class CrashIT {

    private static final int KILLS = Integer.getInteger("crash.kills", 16);
    private static final DemoSchema.Size SIZE = new DemoSchema.Size(300, 2_000, 10_000);
    private static final LegacyWriters.Load LOAD = new LegacyWriters.Load(150, 0.04, 200);
    private static final long ROWS = 30_000;
    private static final int MOST_ROWS = 3_000;

    /** Plain SQL, written for this test: every row that is not as its persona and its content say. */
    private static final String OUT_OF_STEP = """
            SELECT count(*) FROM (
              SELECT c."Id" FROM "Conversations" c LEFT JOIN "Agents" a ON a."PersonaId" = c."PersonaId"
              WHERE c."PersonaId" IS NOT NULL AND (a."Id" IS NULL OR c."AgentId" IS NULL OR c."AgentId" <> a."Id")
              UNION ALL
              SELECT m."Id" FROM "Messages" m LEFT JOIN "Agents" a ON a."PersonaId" = m."FromPersonaId"
              WHERE (m."FromPersonaId" IS NOT NULL AND (a."Id" IS NULL OR m."FromAgentId" IS NULL OR m."FromAgentId" <> a."Id"))
                 OR m."ContentHash" IS DISTINCT FROM encode(sha256(convert_to(m."Content", 'UTF8')), 'hex')) bad
            """;

    private static final String SCANNED =
            "SELECT string_agg(s::text, ' ' ORDER BY gap_id, table_name) FROM lockstep.scan s";

    private final long seed = Long.getLong("crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Distribution lockstep = Distribution.built();
    private final Path folder = Path.of("target", "crash", "seed-" + seed).toAbsolutePath();
    private int starts;

    @Test
    void killsAndAServerCrashLoseNothing() throws Exception {
        say("seed " + seed);
        OwnServer server = OwnServer.start(folder.resolve("server"));
        try (server) {
            TestDatabase db = server.database();
            try (Connection connection = db.connect()) {
                DemoSchema.create(connection, SIZE);
            }
            writeConfiguration(db);
            assertThat(lockstep.run(folder, "expand"))
                    .extracting(Distribution.Ended::exitCode)
                    .isEqualTo(0);
            backfill();
            String scanned = db.text(SCANNED);
            assertThat(db.number("SELECT count(*) FROM lockstep.scan WHERE state = 'done'"))
                    .isEqualTo(2);

            long began = System.nanoTime();
            LegacyCounts made;
            try (LegacyWriters writers = new LegacyWriters(db.config(), SIZE, LOAD, random)) {
                writers.start();
                Run run = start(db);
                for (int kill = 1; kill <= KILLS; kill++) {
                    if (kill == KILLS / 2) {
                        crash(server, db, run);
                    }
                    kill(kill, db, run);
                    run = start(db);
                }
                run.awaitWork(db);
                Await.until("enough rows", () -> writers.counts().rows() > ROWS);
                made = writers.stop();
                run.end();
            }
            say(made.rows() + " rows changed by " + made.committed() + " transactions in " + seconds(began) + " s; "
                    + made);
            say("out of step before catching up: " + db.number(OUT_OF_STEP));
            Distribution.Ended ended = lockstep.run(folder, "run", "--until-caught-up");
            assertThat(ended.exitCode()).as(ended.err()).isZero();

            long lost = db.number(OUT_OF_STEP);
            say(KILLS + " kills, 1 server crash, " + made.rows() + " rows changed, " + lost + " lost");
            assertThat(lost).as("rows out of step").isZero();
            assertThat(db.number("SELECT count(*) FROM lockstep.gap"))
                    .as("gaps")
                    .isZero();
            assertThat(db.text(SCANNED)).as("scans").isEqualTo(scanned);
            assertThat(db.number("SELECT count(*) FROM lockstep.dead_letter")).isZero();
            assertThat(made.rows()).isGreaterThan(ROWS);
            assertThat(made.failed()).as("a writer is never the victim").doesNotContainKeys("40P01", "55P03");
        }
        server.discard();
    }

    /** The scans are done before the load begins. */
    private void backfill() throws Exception {
        Distribution.Ended ended = lockstep.run(folder, "run", "--until-caught-up");
        assertThat(ended.exitCode()).as(ended.err()).isZero();
    }

    /** While the sidecar runs and writers write; it has to find its way back by itself. */
    private void crash(OwnServer server, TestDatabase db, Run run) throws Exception {
        run.awaitWork(db);
        long crashed = System.nanoTime();
        server.crashAndRecover();
        Run again = new Run(run.process(), run.log(), streamed(db));
        again.awaitWork(db);
        say("server crashed, recovered, and rows in step again after " + seconds(crashed) + " s");
    }

    /** Mostly while it works, sometimes while it starts. */
    private void kill(int number, TestDatabase db, Run run) throws Exception {
        boolean early = number % 5 == 0;
        int rows = early ? 0 : random.nextInt(1, MOST_ROWS);
        if (!early) {
            run.awaitWork(db);
            run.awaitRows(db, rows);
        }
        int wait = random.nextInt(early ? 3000 : 500);
        new StopSignal().pause(Duration.ofMillis(wait));
        run.kill();
        say("kill " + number + " " + (early ? wait + " ms after its start" : "after some " + rows + " rows") + "; "
                + (streamed(db) - run.streamed()) + " rows put in step by it");
    }

    private Run start(TestDatabase db) throws Exception {
        Path log = folder.resolve("run-" + ++starts + ".log");
        long streamed = streamed(db);
        return new Run(lockstep.start(folder, log, "run"), log, streamed);
    }

    private static long streamed(TestDatabase db) throws SQLException {
        return db.number("SELECT rows_streamed FROM lockstep.position");
    }

    /** @param streamed rows that the stream had put in step before */
    private record Run(Process process, Path log, long streamed) {

        void awaitWork(TestDatabase db) throws Exception {
            Await.until("rows put in step, see " + log, () -> {
                assertThat(process.isAlive()).as("ended by itself, see " + log).isTrue();
                return CrashIT.streamed(db) > streamed;
            });
        }

        /** Until it has put so many in step, or some seconds have passed. */
        void awaitRows(TestDatabase db, long rows) throws Exception {
            long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
            Await.until("rows or time", () -> CrashIT.streamed(db) >= streamed + rows || System.nanoTime() > end);
        }

        void kill() throws InterruptedException {
            assertThat(process.isAlive()).as("ended by itself, see " + log).isTrue();
            process.destroyForcibly().waitFor();
        }

        void end() throws InterruptedException {
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as("see " + log).isZero();
        }
    }

    private void writeConfiguration(TestDatabase db) throws IOException {
        Files.writeString(folder.resolve("lockstep.yaml"), """
                database: {url: '%s', user: %s, password: %s}
                run: {heartbeatSeconds: 1}
                http: {port: 0}
                """.formatted(
                        db.config().url(), db.config().user(), db.config().password()));
    }

    private static long seconds(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toSeconds();
    }

    private static void say(String line) {
        System.out.println("crash test: " + line);
    }
}
