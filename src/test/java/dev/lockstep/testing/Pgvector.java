package dev.lockstep.testing;

import dev.lockstep.config.DatabaseConfig;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A new database in which pgvector is. Where the server of the tests does not offer it, {@code LOCKSTEP_PGVECTOR_URL}
 * (environment or system property) names one that does: a JDBC URL with user and password, wal_level logical.
 */
public record Pgvector(TestDatabase database, Optional<TestDatabase> admin) implements AutoCloseable {

    public static final String MISSING = "neither the server of the tests offers the extension vector, nor does"
            + " LOCKSTEP_PGVECTOR_URL name one that does";

    /** Empty when none is to be had. */
    public static Optional<Pgvector> open() throws SQLException {
        String url = System.getProperty("LOCKSTEP_PGVECTOR_URL", System.getenv("LOCKSTEP_PGVECTOR_URL"));
        if (url == null || url.isEmpty()) {
            TestDatabase shared = TestPostgres.database();
            return shared.number("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'") == 0
                    ? Optional.empty()
                    : Optional.of(with(shared, Optional.empty()));
        }
        TestDatabase admin = at(url);
        String name =
                "pgvector_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        admin.execute("CREATE DATABASE " + name);
        String own = url.replaceFirst("(jdbc:postgresql://[^/]+/)[^?]*", "$1" + name);
        return Optional.of(with(at(own), Optional.of(admin)));
    }

    private static Pgvector with(TestDatabase database, Optional<TestDatabase> admin) throws SQLException {
        database.execute("CREATE SCHEMA ext; CREATE EXTENSION vector SCHEMA ext");
        return new Pgvector(database, admin);
    }

    private static TestDatabase at(String url) {
        return new TestDatabase(new DatabaseConfig(url, "postgres", "postgres", "public"));
    }

    /** Takes the slots and, on a server that is not ours, the database away. */
    @Override
    public void close() throws SQLException {
        database.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                + " WHERE database = current_database()");
        if (admin.isPresent()) {
            String name = Objects.requireNonNull(database.text("SELECT current_database()"));
            admin.get().execute("DROP DATABASE " + name + " WITH (FORCE)");
        }
    }
}
