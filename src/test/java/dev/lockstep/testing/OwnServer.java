package dev.lockstep.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * A server of a test's own that can crash and come back on the same port with the same data. Its data and its log stay in
 * their folder until {@link #discard}, so that a failure can be looked into.
 */
public final class OwnServer implements AutoCloseable {

    private final Path folder;
    private final Path data;
    private final EmbeddedPostgres server;

    private OwnServer(Path folder, Path data, EmbeddedPostgres server) {
        this.folder = folder;
        this.data = data;
        this.server = server;
    }

    /** Starts one whose data are in {@code folder}, which must be new. */
    public static OwnServer start(Path folder) throws IOException {
        Path data = Files.createDirectories(folder).resolve("data").toAbsolutePath();
        EmbeddedPostgres server = TestPostgres.start(
                Map.of(), builder -> builder.setDataDirectory(data).setCleanDataDirectory(false));
        return new OwnServer(folder, data, server);
    }

    public TestDatabase database() {
        return TestPostgres.database(server);
    }

    public int port() {
        return server.getPort();
    }

    /** Stops as if the power had failed, and recovers: {@code pg_ctl restart -m immediate}. */
    public void crashAndRecover() throws IOException, InterruptedException {
        control("restart", "-m", "immediate", "-t", "60");
    }

    /** Ends every session and comes back: {@code pg_ctl restart -m fast}. */
    public void restart() throws IOException, InterruptedException {
        control("restart", "-m", "fast", "-t", "60");
    }

    /** Stops as if the power had failed. */
    public void crash() throws IOException, InterruptedException {
        control("stop", "-m", "immediate", "-t", "60");
    }

    /** As {@code kill -9} of its first process; the others end with it. */
    public void kill() throws Exception {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        Await.until(
                "the server is gone",
                () -> !ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
    }

    /** The data directory. */
    public Path data() {
        return data;
    }

    /** The program. */
    Path postgres() throws IOException {
        return Path.of(Files.readString(data.resolve("postmaster.opts")).split(" ", 2)[0]);
    }

    private void control(String... action) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            command.addAll(List.of("unshare", "-U")); // the server refuses to be run by root
        }
        command.add(postgres().resolveSibling("pg_ctl").toString());
        command.addAll(List.of(action));
        command.addAll(List.of(
                "-D", data.toString(), "-w", "-l", folder.resolve("server.log").toString()));
        Path log = folder.resolve("pg_ctl.log");
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("pg_ctl " + String.join(" ", action) + ": " + Files.readString(log));
        }
    }

    /** The library waits for five seconds only, and then leaves the server to itself. */
    @Override
    public void close() throws IOException {
        try {
            if (runs()) {
                control("stop", "-m", "fast", "-t", "60");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly();
        }
    }

    /** With a page of stack the library says that there is nothing left to stop. */
    private void closeQuietly() throws IOException {
        Logger log = (Logger) LoggerFactory.getLogger(EmbeddedPostgres.class);
        Level before = log.getLevel();
        log.setLevel(Level.OFF);
        try {
            server.close();
        } finally {
            log.setLevel(before);
        }
    }

    private boolean runs() throws IOException {
        Path pid = data.resolve("postmaster.pid");
        return Files.exists(pid)
                && ProcessHandle.of(
                                Long.parseLong(Files.readAllLines(pid).get(0).strip()))
                        .map(ProcessHandle::isAlive)
                        .orElse(false);
    }

    /** Removes data and log; after {@link #close}. */
    public void discard() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
