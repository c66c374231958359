package dev.lockstep.bench;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/** One round of falling behind and catching up, and the floor's round on a copy of the same data. */
final class CatchUp {

    /** How the legacy writer makes the changes. */
    interface Changes {
        void make(BenchDatabase database) throws SQLException;
    }

    /**
     * @param streaming seconds from the open stream to the stored position behind the changes
     * @param wall seconds of the whole call or process
     */
    record Timing(double streaming, double wall) {}

    private final BenchServer server;
    private final Data data;
    private final BenchDatabase template;
    private final Changes changes;
    private final String more;

    CatchUp(BenchServer server, Data data, BenchDatabase template, Changes changes) {
        this(server, data, template, changes, "");
    }

    /** @param more of the product's configuration, as YAML */
    CatchUp(BenchServer server, Data data, BenchDatabase template, Changes changes, String more) {
        this.server = server;
        this.data = data;
        this.template = template;
        this.changes = changes;
        this.more = more;
    }

    /** Seconds that one statement takes for the same changes. */
    double floor() throws SQLException {
        try (BenchDatabase database = server.copy(template, "bench_floor")) {
            changes.make(database);
            database.execute("CHECKPOINT");
            double seconds = database.seconds(data.oneUpdate());
            data.requireInStep(database);
            return seconds;
        }
    }

    /** The sidecar in this process. */
    Timing product() throws Exception {
        try (BenchDatabase database = server.copy(template, "bench_product")) {
            Product product = behind(database);
            Timing timing;
            try (StreamWatch watch = watch(database)) {
                long started = System.nanoTime();
                product.catchUp();
                timing = new Timing(watch.seconds(), (System.nanoTime() - started) / 1e9);
            }
            data.requireInStep(database);
            product.remove();
            return timing;
        }
    }

    /** The sidecar as a process of its own: a cold JVM, its start and its end. */
    Timing process(String javaOptions, Path log) throws Exception {
        try (BenchDatabase database = server.copy(template, "bench_process")) {
            Product product = behind(database);
            Timing timing;
            try (StreamWatch watch = watch(database)) {
                long started = System.nanoTime();
                Process process = product.start(javaOptions, log, "run", "--until-caught-up");
                if (!process.waitFor(30, TimeUnit.MINUTES)) {
                    process.destroyForcibly();
                }
                if (process.waitFor() != 0) {
                    throw new IllegalStateException("lockstep ended with " + process.exitValue() + ", see " + log);
                }
                timing = new Timing(watch.seconds(), (System.nanoTime() - started) / 1e9);
            }
            data.requireInStep(database);
            product.remove();
            return timing;
        }
    }

    /** In step and streaming once; then stopped, and the changes come. */
    private Product behind(BenchDatabase database) throws Exception {
        Product product = new Product(database, data, more);
        product.expand();
        product.catchUp();
        changes.make(database);
        database.execute("CHECKPOINT");
        return product;
    }

    private static StreamWatch watch(BenchDatabase database) throws SQLException {
        return new StreamWatch(database, database.text("SELECT pg_current_wal_lsn()"));
    }
}
