package dev.lockstep.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** An embedded server with durable settings and the memory a production server would have. */
final class BenchServer implements AutoCloseable {

    static final Map<String, String> SETTINGS = settings();

    private final EmbeddedPostgres postgres;

    private BenchServer(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    static BenchServer start() throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        SETTINGS.forEach(builder::setServerConfig);
        return new BenchServer(builder.start());
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("wal_level", "logical");
        settings.put("fsync", "on");
        settings.put("synchronous_commit", "on");
        settings.put("full_page_writes", "on");
        settings.put("autovacuum", "on");
        settings.put("shared_buffers", "2GB");
        settings.put("max_wal_size", "4GB");
        settings.put(
                "wal_init_zero",
                "off"); // a sidecar that is away keeps segments from being used again, as they else are
        settings.put("wal_buffers", "64MB");
        settings.put("maintenance_work_mem", "512MB");
        settings.put("checkpoint_timeout", "15min");
        settings.put("max_wal_senders", "10");
        settings.put("max_replication_slots", "10");
        return settings;
    }

    /** A database that is there already. */
    BenchDatabase database(String name) {
        return new BenchDatabase(this, name, postgres.getPort());
    }

    BenchDatabase create(String name) throws SQLException {
        database("postgres").execute("CREATE DATABASE " + name);
        return database(name);
    }

    /** A copy of a database nobody is connected to, file by file: every run begins on the same pages. */
    BenchDatabase copy(BenchDatabase template, String name) throws SQLException {
        database("postgres")
                .execute("CREATE DATABASE " + name + " TEMPLATE " + template.name() + " STRATEGY file_copy");
        return database(name);
    }

    void drop(BenchDatabase database) throws SQLException {
        database("postgres").execute("DROP DATABASE IF EXISTS " + database.name() + " WITH (FORCE)");
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
