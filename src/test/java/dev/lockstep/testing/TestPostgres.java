package dev.lockstep.testing;

import dev.lockstep.config.DatabaseConfig;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A real server for the tests of one JVM, with logical decoding and durable settings; each test takes its own database. */
public final class TestPostgres {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static final class Shared {
        static final EmbeddedPostgres SERVER = start(origins());

        /** Room for those of every test; before version 18 it is that of the slots. */
        private static Map<String, String> origins() {
            return Integer.getInteger("postgres.version", 18) >= 18
                    ? Map.of("max_active_replication_origins", "100")
                    : Map.of();
        }
    }

    private TestPostgres() {}

    /** A server of its own, for tests that stop it or change its settings; the caller closes it. */
    public static EmbeddedPostgres start(Map<String, String> settings) {
        return start(settings, builder -> {});
    }

    static EmbeddedPostgres start(Map<String, String> settings, Consumer<EmbeddedPostgres.Builder> more) {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setPort(LoopbackPorts.free())
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setServerConfig("wal_level", "logical")
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("full_page_writes", "on")
                    .setServerConfig("max_wal_senders", "20")
                    .setServerConfig("max_replication_slots", "100")
                    .setServerConfig("max_connections", "200");
            settings.forEach(builder::setServerConfig);
            more.accept(builder);
            EmbeddedPostgres server = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server)));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new, empty database on the shared server. */
    public static TestDatabase database() {
        return database(Shared.SERVER);
    }

    /** A new, empty database on {@code server}. */
    public static TestDatabase database(EmbeddedPostgres server) {
        return database(server.getPort());
    }

    /** A new, empty database on the shared server in another encoding than its own. */
    public static TestDatabase databaseIn(String encoding) {
        return database(
                Shared.SERVER.getPort(), " TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING '" + encoding + "'");
    }

    static TestDatabase database(int port) {
        return database(port, "");
    }

    private static TestDatabase database(int port, String options) {
        String name = "test_" + DATABASES.incrementAndGet();
        try (Connection connection = admin(port);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + options);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        String url = "jdbc:postgresql://localhost:" + port + "/" + name;
        return new TestDatabase(new DatabaseConfig(url, "postgres", "postgres", "public"));
    }

    static Connection admin(int port) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + port + "/postgres", "postgres", "postgres");
    }

    private static void close(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
