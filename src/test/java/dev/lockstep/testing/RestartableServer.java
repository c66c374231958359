package dev.lockstep.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A server of its own that goes away and comes back with its data, on the same port. */
public final class RestartableServer implements AutoCloseable {

    private final Path data;
    private EmbeddedPostgres running;

    public RestartableServer() {
        try {
            data = Files.createTempDirectory("restartable");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        running = start(0);
    }

    public TestDatabase database() {
        return TestPostgres.database(running);
    }

    /** As {@code pg_ctl stop -m fast} does; returns when the server has gone. */
    public void stop() throws Exception {
        running.close();
        awaitStopped();
    }

    /** As SIGTERM to the server does: it takes no new session and waits until the last one is closed. */
    public void askToStop() throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
        ProcessHandle.of(pid).orElseThrow().destroy();
    }

    public void awaitStopped() throws Exception {
        Await.until("the server has stopped", () -> !Files.exists(data.resolve("postmaster.pid")));
    }

    public void startAgain() throws IOException {
        running.close(); // lets go of the data directory, however the server ended
        running = start(running.getPort());
    }

    private EmbeddedPostgres start(int port) {
        return TestPostgres.start(Map.of(), builder -> {
            builder.setDataDirectory(data).setCleanDataDirectory(false);
            if (port > 0) {
                builder.setPort(port);
            }
        });
    }

    @Override
    public void close() throws IOException {
        running.close();
    }
}
