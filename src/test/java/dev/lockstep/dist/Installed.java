package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The packaged program in a folder of its own, with a legacy application's database, expanded. */
final class Installed implements AutoCloseable {

    static final String TOKEN = "a-token-of-the-test";

    private final Distribution lockstep = Distribution.built().with("-XX:+UseSerialGC");
    private final Path folder;
    private final TestDatabase database;
    private final String name;
    private final int port = LoopbackPorts.free();
    private final List<Process> running = new ArrayList<>();

    private Installed(Path folder, TestDatabase database, String name) {
        this.folder = folder;
        this.database = database;
        this.name = name;
    }

    /**
     * @param name of the control schema and the slot
     * @param mapping {@code mapping:} and whatever else the file has, top-level
     */
    static Installed expanded(Path folder, TestDatabase database, LegacySchema schema, String name, String mapping)
            throws Exception {
        Installed installed = new Installed(folder, database, name);
        Files.writeString(folder.resolve("lockstep.yaml"), """
                name: %s
                database: {url: '%s', user: postgres, password: postgres}
                http: {port: %d, token: %s}
                %s""".formatted(
                        name, database.config().url(), installed.port, TOKEN, mapping));
        database.execute(schema.ddl());
        installed.run("expand");
        return installed;
    }

    Path folder() {
        return folder;
    }

    String javaOptions() {
        return lockstep.javaOptions();
    }

    Path bin() {
        return lockstep.home().resolve("bin");
    }

    TestDatabase database() {
        return database;
    }

    URI address(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A command that has to succeed; returns what it printed. */
    String run(String... words) throws IOException, InterruptedException {
        Distribution.Ended ended = lockstep.run(folder, words);
        assertThat(ended.exitCode()).as(ended.err()).isZero();
        return ended.out();
    }

    /** Starts the sidecar, and returns once it streams. */
    Process start() throws Exception {
        Path log = Files.createTempFile(folder, "run", ".log");
        Process process = lockstep.start(folder, log, "run");
        running.add(process);
        Await.until("it streams: " + log, () -> {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            return Files.readString(log).contains("streaming from");
        });
        return process;
    }

    /** A server has a limited number of slots and origins. */
    @Override
    public void close() {
        running.forEach(Process::destroyForcibly);
        String slots = " FROM pg_replication_slots WHERE (slot_name = '" + name + "' OR starts_with(slot_name, '" + name
                + "_'))";
        try {
            for (Process process : running) {
                process.waitFor();
            }
            Await.until( // whoever still holds an origin keeps it from being dropped
                    "its sessions have ended",
                    () -> database.number("SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, '"
                                    + name + "/')")
                            == 0);
            Await.until("nobody streams", () -> database.number("SELECT count(*)" + slots + " AND active") == 0);
            database.rows("SELECT pg_drop_replication_slot(slot_name)" + slots);
            database.rows("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin"
                    + " WHERE starts_with(roname, '" + name + "_')");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
