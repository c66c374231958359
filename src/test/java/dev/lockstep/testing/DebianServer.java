package dev.lockstep.testing;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A server of the distribution's own packages, whose pg_dump is of the same version; where they are not installed there is none. */
public final class DebianServer implements AutoCloseable {

    private static final Path PACKAGES = Path.of("/usr/lib/postgresql");

    private final Path bin;
    private final Path data;
    private final int port;

    private DebianServer(Path bin, Path data, int port) {
        this.bin = bin;
        this.data = data;
        this.port = port;
    }

    /** Where its programs are. */
    public static Optional<Path> programs() throws IOException {
        if (!Files.isDirectory(PACKAGES)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(PACKAGES)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres"))
                            && Files.isExecutable(bin.resolve("initdb"))
                            && Files.isExecutable(bin.resolve("pg_dump")))
                    .max(Comparator.naturalOrder());
        }
    }

    /** Starts one whose data are in {@code folder}, which must be new. */
    public static DebianServer start(Path folder) throws Exception {
        Path bin = programs().orElseThrow();
        Files.createDirectories(folder);
        int port = LoopbackPorts.free();
        DebianServer server = new DebianServer(bin, folder.resolve("data").toAbsolutePath(), port);
        server.call(
                "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D", server.data.toString());
        server.call(
                "pg_ctl",
                "start",
                "-w",
                "-D",
                server.data.toString(),
                "-l",
                folder.resolve("log").toString(),
                "-o",
                "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=logical"
                        + " -c max_replication_slots=20 -c max_wal_senders=20");
        return server;
    }

    private void call(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            command.addAll(List.of("unshare", "-U")); // the server refuses to be run by root
        }
        command.add(bin.resolve(program).toString());
        command.addAll(Arrays.asList(arguments));
        Path log = Files.createTempFile("debian-server", ".log");
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException(program + ": " + Files.readString(log));
        }
        Files.delete(log);
    }

    int port() {
        return port;
    }

    Path data() {
        return data;
    }

    Path postgres() {
        return bin.resolve("postgres");
    }

    /** A new, empty database. */
    public TestDatabase database() {
        return TestPostgres.database(port);
    }

    @Override
    public void close() throws IOException {
        try {
            call("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
