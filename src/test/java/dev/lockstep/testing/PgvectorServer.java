package dev.lockstep.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.testcontainers.containers.GenericContainer;

/** A real PostgreSQL 17 with pgvector: the one that {@code .ci/stores} has made, or the official image. */
public final class PgvectorServer implements AutoCloseable {

    public static final String IMAGE = "pgvector/pgvector:pg17";
    public static final String PREPARED = "postgres-pgvector.txz";

    private final int port;
    private final Closeable server;

    private PgvectorServer(int port, Closeable server) {
        this.port = port;
        this.server = server;
    }

    /** Starts one of the caller's own; for tests that say {@link NeedsServer}. */
    public static PgvectorServer start() throws Exception {
        Optional<Path> made = PreparedStores.find(PREPARED);
        if (made.isPresent()) {
            EmbeddedPostgres server = TestPostgres.start(
                    Map.of("fsync", "off"),
                    builder -> builder.setPgBinaryResolver((system, machine) -> Files.newInputStream(made.get())));
            return new PgvectorServer(server.getPort(), server);
        }
        GenericContainer<?> container = Containers.start(IMAGE, 5432, Map.of("POSTGRES_PASSWORD", "postgres"));
        return new PgvectorServer(container.getMappedPort(5432), container::stop);
    }

    /** A new database with the extension. */
    public TestDatabase database() throws Exception {
        TestDatabase database = TestPostgres.database(port);
        database.execute("CREATE EXTENSION vector");
        return database;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
