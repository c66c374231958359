package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.RunProcess;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database in which nobody writes to the mapped tables: the sidecar neither burns the processor nor holds back WAL. */
class QuietIT {

    private static final Duration MEASURED = Duration.ofSeconds(Integer.getInteger("quiet.seconds", 10));

    private static final Duration WARM_UP = Duration.ofSeconds(5);

    /** What is promised is 2; a busy machine, on which the compiler is late, must not fail the build. */
    private static final double MOST_PERCENT = 25;

    /**
     * Once most is compiled: a slow machine showed 6.3 and 3.9 in successive looks, half of it the compiler, which needs
     * minutes; only after one without a change does the stream rest for as long as it may.
     */
    private static final double LATER_PERCENT = 6;

    /**
     * A second, once there was no change for a minute; on any machine, for most are timers. Before the stream asked the
     * sockets, and threads were told instead of looking, some 140.
     */
    private static final int MOST_WAKE_UPS = 110;

    private static final long MB = 1 << 20;

    /** An hour of somebody else's writing. */
    private static final int ROUNDS = 3;

    private static final String SEGMENTS = """
            DO $$ BEGIN FOR i IN 1..3 LOOP
              INSERT INTO other (filler) SELECT repeat(md5(g::text), 30) FROM generate_series(1, 5000) g;
              PERFORM pg_switch_wal();
            END LOOP; END $$
            """;

    @TempDir
    private Path folder;

    @Test
    void anIdleSidecarIsIdleAndLetsWalGo() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl() + "CREATE TABLE other (id bigserial PRIMARY KEY, filler text)");
            try (SidecarHarness expanded = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                    RunProcess run = RunProcess.start(Distribution.built(), folder.resolve("run"), """
                            name: %s
                            database: {url: "%s", user: postgres, password: postgres}
                            http: {port: 0}
                            savepoints: {keep: 0}
                            """.formatted(
                                    expanded.name(), db.config().url()))) {
                Await.until("it streams alone", () -> run.log().contains("the stream alone goes on"));
                idle(run);
                letsGo(db, expanded);
                Await.until(
                        "it wakes up less than " + MOST_WAKE_UPS + " times a second",
                        () -> wakeUps(run) < MOST_WAKE_UPS);
            }
        }
    }

    private static void idle(RunProcess run) throws Exception {
        new StopSignal().pause(WARM_UP);
        assertThat(percent(run)).as("percent of a core, idle").isLessThan(MOST_PERCENT);
        Await.until(
                "an idle sidecar takes less than " + LATER_PERCENT + " % of a core",
                () -> percent(run) < LATER_PERCENT);
    }

    private static double percent(RunProcess run) throws Exception {
        long before = ticks(run);
        long began = System.nanoTime();
        new StopSignal().pause(MEASURED);
        double percent = (ticks(run) - before) / 100.0 / ((System.nanoTime() - began) / 1e9) * 100;
        System.out.printf("an idle sidecar takes %.1f %% of a core%n", percent);
        return percent;
    }

    /** A second, of all threads but the compiler's. */
    private static double wakeUps(RunProcess run) throws Exception {
        Map<String, Long> before = switches(run);
        long began = System.nanoTime();
        new StopSignal().pause(MEASURED);
        double seconds = (System.nanoTime() - began) / 1e9;
        double each = switches(run).entrySet().stream()
                        .mapToLong(
                                thread -> thread.getValue() - before.getOrDefault(thread.getKey(), thread.getValue()))
                        .sum()
                / seconds;
        System.out.printf("an idle sidecar wakes up %.0f times a second%n", each);
        return each;
    }

    private static Map<String, Long> switches(RunProcess run) throws IOException {
        Map<String, Long> all = new HashMap<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(run.pid()), "task"))) {
            for (Path thread : threads.toList()) {
                try {
                    List<String> status = Files.readAllLines(thread.resolve("status"));
                    if (!status.get(0).matches("Name:\\s+C[12] Compiler.*")) {
                        all.put(thread.toString(), voluntary(status));
                    }
                } catch (NoSuchFileException e) {
                    // it has ended
                }
            }
        }
        return all;
    }

    private static long voluntary(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    /** Of the process, user and system; Linux counts a hundred in a second of one core. */
    private static long ticks(RunProcess run) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(run.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static void letsGo(TestDatabase db, SidecarHarness expanded) throws Exception {
        long most = 0;
        long written = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String from = db.text("SELECT pg_current_wal_insert_lsn()");
            db.execute(SEGMENTS);
            written += db.number("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + from + "')::bigint");
            String now = db.text("SELECT pg_current_wal_insert_lsn()");
            Await.until("the slot has let go what was written before", () -> {
                db.execute("INSERT INTO other (filler) VALUES ('x')");
                db.execute("CHECKPOINT"); // which says, too, from where on the slot may let go
                return db.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + expanded.name()
                                + "' AND confirmed_flush_lsn >= '" + now + "' AND restart_lsn >= '" + from + "'")
                        == 1;
            });
            most = Math.max(
                    most,
                    db.number("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)::bigint"
                            + " FROM pg_replication_slots WHERE slot_name = '" + expanded.name() + "'"));
        }
        System.out.printf(
                "others wrote %d MB of WAL; the slot never held more than %d MB of it%n", written / MB, most / MB);
        assertThat(most).as("bytes held by the slot").isLessThan(written / 2);
        assertThat(db.number("SELECT count(*) FROM " + expanded.name() + ".gap"))
                .isZero();
    }
}
