package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.database.Handles;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.PressureFile;
import dev.lockstep.testing.RunProcess;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Priorities of a real process and of its sessions in a real server, as Linux has them, while others write. Only the pressure
 * is the test's own.
 */
class PriorityIT {

    private static final int LOWERED = 10;
    private static final int CAP_SYS_NICE = 23;

    /** Seconds of lag that the test does not reach. */
    private static final int FAR = 100;

    /** What the stream is not about is most of a crowd's commits: for its own it counts one too many now and then. */
    private static final String OTHER = "CREATE TABLE other (at timestamptz)";

    private static final String INTO_OTHER = "INSERT INTO other VALUES (now())";
    private static final Duration BETWEEN = Duration.ofMillis(8);
    private static final Path CONTROL_GROUPS = Path.of("/sys/fs/cgroup/cpu");
    private static final Path BY_SESSION = Path.of("/proc/sys/kernel/sched_autogroup_enabled");

    private final TestDatabase db = TestPostgres.database();
    private final StopSignal written = new StopSignal();
    private final List<CompletableFuture<Void>> writers = new ArrayList<>();

    @TempDir
    private Path folder;

    private PressureFile pressure;

    @BeforeEach
    void press() throws Exception {
        assumeTrue(mayGiveBack(), "only root, or who has CAP_SYS_NICE, may give a priority back");
        pressure = new PressureFile(folder);
    }

    @AfterEach
    void end() {
        written.request();
        writers.forEach(CompletableFuture::join);
        if (pressure != null) {
            pressure.close();
        }
    }

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void whileWritersWantAllProcessorsTheStreamHasALowerPriorityUntilItLags(LegacySchema schema) throws Exception {
        boolean pascal = schema == LegacySchema.PASCAL;
        String messages = pascal ? "\"Messages\"" : "app.messages";
        db.execute(schema.ddl() + OTHER);
        try (SidecarHarness expanded = SidecarHarness.expanded(db, schema.spec());
                RunProcess run = start(List.of("setsid"), schema, expanded.name())) {
            Judge judge = pascal ? Judge.PASCAL : Judge.SNAKE;
            String rows = rows(messages, pascal ? "\"Content\"" : "body");
            limit(expanded.name(), FAR);
            awaitLanes(run, rows, judge);
            write(rows);
            write(INTO_OTHER);
            awaitPriority(LOWERED, run, expanded.name());
            assertThat(ofKept(run, expanded.name()))
                    .as("priorities of who keeps the lease, and of who asks")
                    .containsOnlyKeys("lockstep-lease", "lockstep-crowd", "lease", "run-crowd")
                    .allSatisfy((who, nice) -> assertThat(nice).as(who).isZero());

            limit(expanded.name(), 1);
            try (Connection lock = Writers.begin(db, "LOCK TABLE " + messages + " IN SHARE ROW EXCLUSIVE MODE")) {
                awaitPriority(0, run, expanded.name());
                assertThat(ofKept(run, expanded.name()))
                        .as("it still asks, so it lags")
                        .containsKey("run-crowd");
                lock.rollback();
            }
            limit(expanded.name(), FAR);
            awaitPriority(LOWERED, run, expanded.name());

            end();
            awaitPriority(0, run, expanded.name());
            Await.until("every row is in step", () -> judge.outOfStep(db) == 0);
        }
    }

    @Test
    void whoMayNotGiveAPriorityBackKeepsIt() throws Exception {
        keepsIt(List.of("setsid", "setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"), "CAP_SYS_NICE");
    }

    @Test
    void whoLeadsNoSessionKeepsItWhereProcessorsAreSharedAmongThem() throws Exception {
        assumeTrue(sharedAmongSessions(), "processors are not shared among sessions here");
        keepsIt(List.of(), "this process leads none (setsid, systemd)");
    }

    @Test
    void whoIsInAnotherControlGroupThanTheServerKeepsIt() throws Exception {
        assumeTrue(
                Files.isWritable(CONTROL_GROUPS.resolve("cpu.shares")), "no control groups of version 1 to add one to");
        Path group = Files.createDirectory(
                CONTROL_GROUPS.resolve("lockstep-" + ProcessHandle.current().pid()));
        try {
            keepsIt(
                    List.of("sh", "-c", "echo $$ > " + group + "/cgroup.procs && exec setsid \"$@\"", "sh"),
                    "the server's processes are in another control group");
        } finally {
            Files.delete(group);
        }
    }

    private void keepsIt(List<String> by, String reason) throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + OTHER);
        try (SidecarHarness expanded = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                RunProcess run = start(by, LegacySchema.PASCAL, expanded.name())) {
            limit(expanded.name(), FAR);
            String rows = rows("\"Messages\"", "\"Content\"");
            awaitLanes(run, rows, Judge.PASCAL);
            write(rows);
            write(INTO_OTHER);
            Await.until("it was tried", () -> run.log().contains("the priority of the stream cannot be lowered: "));
            assertThat(run.log()).contains(reason);
            Await.until("it puts its work off instead", () -> run.log().contains("the stream lets them go first"));
            // the thread that it was tried on has ended
            awaitPriority(0, run, expanded.name());
        }
    }

    private RunProcess start(List<String> by, LegacySchema schema, String name) throws Exception {
        return RunProcess.start(
                Distribution.built().by(by).with("-Dlockstep.cpu-pressure=" + pressure.path()),
                folder.resolve("run"),
                """
                name: %s
                database: {url: "%s", user: postgres, password: postgres}
                http: {port: 0}
                savepoints: {keep: 0}
                monitor: {maxLagSeconds: 600}
                %s""".formatted(name, db.config().url(), schema.yaml()));
    }

    /** Later it may put off what comes, and so their sessions. */
    private void awaitLanes(RunProcess run, String rows, Judge judge) throws Exception {
        Await.until("it streams alone", () -> run.log().contains("the stream alone goes on"));
        db.execute(rows);
        Await.until("the first rows are in step", () -> judge.outOfStep(db) == 0);
    }

    private void limit(String name, double seconds) throws Exception {
        try (Connection connection = db.connect()) {
            Handles.tell(
                    connection, handle -> new Control(name).setLimits(handle, Map.of("streamLagSeconds", seconds)));
        }
    }

    private static String rows(String messages, String content) {
        return "INSERT INTO " + messages + " (" + content + ") SELECT 'a word' FROM generate_series(1, 20)";
    }

    private void write(String sql) {
        writers.add(Writers.beside(() -> {
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET synchronous_commit = off"); // else a disk that is busy ends the crowd
                do {
                    statement.execute(sql);
                } while (!written.pause(BETWEEN)); // a crowd, but no more rows than the stream keeps up with
            }
        }));
    }

    /** Of every thread and every session that works on the stream. */
    private void awaitPriority(int nice, RunProcess run, String name) throws Exception {
        Map<String, Integer> all = new TreeMap<>();
        try {
            Await.until("a priority", () -> {
                all.clear();
                all.putAll(ofWorking(run, name));
                return all.containsKey("capture")
                        && all.containsKey("slot")
                        && all.keySet().stream().anyMatch(who -> who.startsWith("run-lane-"))
                        && all.values().stream().allMatch(one -> one == nice);
            });
        } catch (AssertionError e) {
            throw new AssertionError("not all at " + nice + ": " + all + "\n" + run.log(), e);
        }
    }

    private Map<String, Integer> ofWorking(RunProcess run, String name) throws Exception {
        Map<String, Integer> working = new TreeMap<>();
        threads(run).forEach((who, nice) -> {
            if (!who.startsWith("lockstep-lease") && !who.startsWith("lockstep-crowd")) {
                working.put(who, nice);
            }
        });
        for (List<String> session : db.rows("SELECT coalesce(substring(application_name, '^" + name
                + "/(run-lane-.*|capture)$'), 'slot'), pid FROM pg_stat_activity WHERE application_name ~ '^" + name
                + "/(run-lane-.*|capture)$' OR pid = (SELECT active_pid FROM pg_replication_slots WHERE slot_name = '"
                + name + "')")) {
            put(working, session.get(0), Path.of("/proc", session.get(1)), PriorityIT::priority);
        }
        return working;
    }

    private Map<String, Integer> ofKept(RunProcess run, String name) throws Exception {
        Map<String, Integer> kept = new TreeMap<>();
        threads(run).forEach((who, nice) -> {
            String thread = who.substring(0, who.indexOf(' '));
            if (thread.equals("lockstep-lease") || thread.equals("lockstep-crowd")) {
                kept.put(thread, nice);
            }
        });
        for (List<String> session : db.rows("SELECT substring(application_name, '[^/]*$'), pid FROM pg_stat_activity"
                + " WHERE application_name IN ('" + name + "/lease', '" + name + "/run-crowd')")) {
            put(kept, session.get(0), Path.of("/proc", session.get(1)), PriorityIT::priority);
        }
        return kept;
    }

    /** By name and number. */
    private static Map<String, Integer> threads(RunProcess run) throws IOException {
        Map<String, Integer> threads = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(run.pid()), "task"))) {
            for (Path task : tasks.toList()) {
                put(threads, "", task, PriorityIT::nice);
            }
        }
        return threads;
    }

    /** What one has of a task. */
    private interface Ask {
        int of(Path task) throws IOException;
    }

    /** Unless it has ended meanwhile. A thread is called by its name and number. */
    private static void put(Map<String, Integer> all, String name, Path task, Ask ask) throws IOException {
        try {
            String who =
                    name.isEmpty() ? Files.readString(task.resolve("comm")).strip() + " " + task.getFileName() : name;
            all.put(who, ask.of(task));
        } catch (IOException e) {
            if (Files.exists(task)) {
                throw e;
            }
        }
    }

    /** Of a process that leads a session, by whatever Linux goes by here; -1 if both are set and differ. */
    private static int priority(Path process) throws IOException {
        int nice = nice(process);
        if (!Files.exists(BY_SESSION) || !Files.readString(BY_SESSION).strip().equals("1")) {
            return nice;
        }
        String group = Files.readString(process.resolve("autogroup")).strip();
        int ofGroup = Integer.parseInt(group.substring(group.lastIndexOf(' ') + 1));
        return ofGroup == nice || ofGroup == 0 ? nice : -1;
    }

    private static int nice(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    private static boolean sharedAmongSessions() throws IOException {
        return Files.exists(BY_SESSION)
                && Files.readString(BY_SESSION).strip().equals("1")
                && Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
                        .filter(line -> line.startsWith("0:") || line.contains(":cpu"))
                        .allMatch(line -> line.endsWith(":/"))
                && !Files.exists(Path.of("/sys/fs/cgroup/cpu.weight"));
    }

    private static boolean mayGiveBack() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("CapEff:"))
                        .map(line -> new BigInteger(
                                line.substring(line.indexOf(':') + 1).strip(), 16))
                        .anyMatch(capabilities -> capabilities.testBit(CAP_SYS_NICE));
    }
}
