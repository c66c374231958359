package dev.lockstep.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;

/** A real PostgreSQL for the tests with a broker: the official image where it can be had, else the embedded one. Says which. */
public final class TestServer implements AutoCloseable {

    private static final String IMAGE = System.getProperty("lockstep.image.postgres", "postgres:17");

    private final int port;
    private final Closeable server;

    private TestServer(int port, Closeable server) {
        this.port = port;
        this.server = server;
    }

    public static TestServer start() throws Exception {
        boolean container = Containers.take(IMAGE);
        TestServer started = container ? container() : embedded();
        System.out.println("server: "
                + (container ? Containers.told(IMAGE) : "embedded") + ", PostgreSQL "
                + started.database().text("SHOW server_version"));
        return started;
    }

    private static TestServer container() throws Exception {
        GenericContainer<?> server = Containers.start(
                IMAGE,
                5432,
                Map.of("POSTGRES_PASSWORD", "postgres"),
                "postgres",
                "-cwal_level=logical",
                "-cmax_wal_senders=20",
                "-cmax_replication_slots=100",
                "-cmax_connections=200");
        TestServer started = new TestServer(server.getMappedPort(5432), server::stop);
        Await.until("the server takes sessions", started::takesSessions); // its port answers a little earlier
        return started;
    }

    private boolean takesSessions() {
        try (Connection session = TestPostgres.admin(port)) {
            return session.isValid(5);
        } catch (SQLException e) {
            return false;
        }
    }

    private static TestServer embedded() {
        EmbeddedPostgres server = TestPostgres.start(Map.of());
        return new TestServer(server.getPort(), server);
    }

    /** A new, empty database. */
    public TestDatabase database() {
        return TestPostgres.database(port);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
