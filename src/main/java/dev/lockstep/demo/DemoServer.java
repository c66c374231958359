package dev.lockstep.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PostgreSQL of the demo's own, as durable as a real one, in a temporary folder that is gone afterwards. */
final class DemoServer implements AutoCloseable {

    private static final int CLOSING_SECONDS = 10;

    private final Path data;
    private final EmbeddedPostgres server;

    private DemoServer(Path data, EmbeddedPostgres server) {
        this.data = data;
        this.server = server;
    }

    static DemoServer start() throws IOException {
        Path data = Files.createTempDirectory("lockstep-demo");
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("shared_buffers", "512MB")
                .setServerConfig("max_wal_size", "4GB") // no checkpoints, forced by the data and the backfill, between
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
        return new DemoServer(data, server);
    }

    String url() {
        return "jdbc:postgresql://localhost:" + server.getPort() + "/postgres";
    }

    /** Also when the library's own shutdown hook is stopping the server at this moment. */
    @Override
    public void close() throws IOException {
        server.close();
        awaitStopped();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void awaitStopped() {
        CountDownLatch never = new CountDownLatch(1);
        try {
            for (int i = 0; i < CLOSING_SECONDS * 10 && Files.exists(data.resolve("postmaster.pid")); i++) {
                never.await(100, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
