package dev.lockstep.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LoopbackProxy;
import dev.lockstep.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A sidecar under test: its name, its database, the network between the two, and its process. */
final class Subject implements AutoCloseable {

    /** Steady numbers of threads: without these the JVM adds and ends some by its load. */
    private static final String JAVA = "-XX:-UseDynamicNumberOfCompilerThreads -XX:-UseDynamicNumberOfGCThreads";

    private static final String OURS = " FROM pg_stat_activity WHERE datname = current_database()"
            + " AND (starts_with(application_name, '%1$s/') OR pid IN (SELECT active_pid FROM pg_replication_slots"
            + " WHERE starts_with(slot_name, '%1$s')))";

    private final String name;
    private final SoakSchema schema;
    private final TestDatabase db;
    private final LoopbackProxy network;
    private final Path folder;
    private final Distribution lockstep;
    private final Distribution service;
    private Process process;
    private int starts;

    Subject(String name, SoakSchema schema, TestDatabase db, int serverPort, Path folder) throws Exception {
        this.name = name;
        this.schema = schema;
        this.db = db;
        this.network = new LoopbackProxy(serverPort);
        this.folder = Files.createDirectories(folder);
        this.lockstep = Distribution.built().with(JAVA + " -Dlockstep.cpu-pressure=/proc/pressure/cpu");
        this.service =
                lockstep.by(List.of("setsid")); // else its priority means nothing to the server's, and is left alone
        String url = db.config().url().replaceFirst("//[^/]*/", "//127.0.0.1:" + network.port() + "/");
        Files.writeString(folder.resolve("lockstep.yaml"), """
                name: %s
                database: {url: '%s', user: postgres, password: postgres}
                run: {heartbeatSeconds: 1}
                http: {port: 0, token: soak}
                %s""".formatted(name, url, schema.legacy.yaml()));
        db.execute(schema.legacy.ddl() + schema.fill);
        Distribution.Ended expanded = lockstep.run(folder, "expand");
        assertThat(expanded.exitCode()).as(expanded.err()).isZero();
    }

    String name() {
        return name;
    }

    SoakSchema schema() {
        return schema;
    }

    TestDatabase db() {
        return db;
    }

    LoopbackProxy network() {
        return network;
    }

    void start() throws IOException {
        process = service.start(folder, log(++starts), "run");
    }

    /** A second process on the name; returns once it waits for the first to go. */
    Process standby() throws Exception {
        Path log = log(++starts);
        Process second = service.start(folder, log, "run");
        Await.until("a standby, see " + log, () -> Files.readString(log).contains("standby:"));
        return second;
    }

    void replaceBy(Process second) {
        process = second;
    }

    void kill() throws InterruptedException {
        alive();
        process.destroyForcibly().waitFor();
    }

    /** STOP or CONT. */
    void signal(String signal) throws IOException, InterruptedException {
        alive();
        int code = new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(code).isZero();
    }

    /** Something of ours on the server; whether there was any. */
    boolean terminate(String which) throws SQLException {
        return !db.rows("SELECT pg_terminate_backend(pid)" + OURS.formatted(name) + which)
                .isEmpty();
    }

    /** Returns when everything committed before the call is applied. */
    void awaitOnward() throws Exception {
        String now = db.text("SELECT pg_current_wal_insert_lsn()");
        Await.until("the position of " + name + " reaches " + now + ", see " + log(starts), () -> {
            alive();
            return "t".equals(db.text("SELECT lsn >= '" + now + "' FROM " + name + ".position"));
        });
    }

    void awaitScanned() throws Exception {
        Await.until("the scans are done, see " + log(starts), () -> {
            alive();
            return db.number("SELECT count(*) FROM " + name + ".scan WHERE state <> 'done'") == 0
                    && Files.readString(log(starts)).contains("every table is scanned");
        });
    }

    void alive() {
        assertThat(process.isAlive()).as("ended by itself, see " + log(starts)).isTrue();
    }

    /** Of the command line; it ends with 0. */
    void command(String... arguments) throws Exception {
        Distribution.Ended ended = lockstep.run(folder, arguments);
        assertThat(ended.exitCode()).as(ended.err()).isZero();
    }

    Distribution.Ended verify() throws Exception {
        return lockstep.run(folder, "verify", "--output", "json");
    }

    /** Rows that scans wrote. */
    long scanned() throws SQLException {
        return db.number("SELECT coalesce(sum(rows_written), 0) FROM " + name + ".scan");
    }

    /** The calm number: some sessions come for a moment, so the least of several looks counts. */
    long connections() throws Exception {
        long[] least = {Long.MAX_VALUE, 0};
        Await.until("looked at connections", () -> {
            least[0] = Math.min(least[0], db.number("SELECT count(*)" + OURS.formatted(name)));
            return ++least[1] >= 25;
        });
        return least[0];
    }

    /** As {@link #connections}. */
    long threads() throws Exception {
        long[] least = {Long.MAX_VALUE, 0};
        Await.until("looked at threads", () -> {
            least[0] = Math.min(least[0], Vitals.threads(process.pid()));
            return ++least[1] >= 25;
        });
        return least[0];
    }

    Vitals vitals(long seconds) throws Exception {
        alive();
        return Vitals.take(name, process.pid(), seconds, connections());
    }

    Process process() {
        return process;
    }

    /** Asks it to stop, and it does. */
    void stop() throws InterruptedException {
        alive();
        process.destroy();
        assertThat(process.waitFor(40, TimeUnit.SECONDS))
                .as("hangs, see " + log(starts))
                .isTrue();
        assertThat(process.exitValue()).as("see " + log(starts)).isZero();
    }

    private Path log(int start) {
        return folder.resolve("run-" + start + ".log");
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.destroyForcibly();
        }
        network.close();
    }
}
