package dev.lockstep.bench;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.run.Sidecar;
import dev.lockstep.state.Fence;
import dev.lockstep.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** lockstep on one database, with the default configuration. */
final class Product {

    /** Slots are the cluster's: one product at a time. */
    static final String NAME = "bench";

    private final BenchDatabase target;
    private final Data data;
    private final String more;
    private final LockstepConfig config;
    private final Database database;

    Product(BenchDatabase target, Data data) {
        this(target, data, "");
    }

    /** @param more of the configuration, as YAML */
    Product(BenchDatabase target, Data data, String more) {
        this.target = target;
        this.data = data;
        this.more = more;
        this.config = ConfigLoader.parse("bench.yaml", yaml(), Map.of());
        this.database = new Database(config.database(), NAME);
    }

    String yaml() {
        return "name: " + NAME + "\ndatabase: {url: '" + target.url() + "', user: postgres, password: postgres}\n"
                + data.mapping() + "http: {port: 0}\nrun: {" + System.getProperty("bench.run", "") + "}\n" + more;
    }

    void expand() {
        new Expander(database, NAME, config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random()).expand();
    }

    void buildIndexes() {
        new PostBackfill(database, NAME, config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random()).finish();
    }

    /** Takes away slot, publication and control schema. */
    void remove() throws SQLException, InterruptedException {
        while (target.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + NAME + "' AND active")
                > 0) {
            Thread.sleep(20);
        }
        target.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + NAME
                + "'; DROP PUBLICATION IF EXISTS " + NAME + "; DROP SCHEMA IF EXISTS " + NAME + " CASCADE");
    }

    /** As {@code run --until-caught-up}, metrics included, in this process. */
    void catchUp() throws InterruptedException {
        Pulse pulse = new Pulse();
        try (Metrics metrics = new Metrics(database, config, pulse)) {
            metrics.start();
            new Sidecar(config, database, pulse, metrics.sync(), metrics.scans(), new StopSignal()).run(true);
        }
    }

    /** As {@code backfill} without the index builds; rows written. */
    long backfill() throws SQLException, InterruptedException {
        Mapping mapping = mapping();
        long epoch;
        try (Connection connection = database.open("backfill")) {
            epoch = new Fence(NAME).read(connection).epoch();
        }
        return new ScanRunner(
                        NAME,
                        mapping,
                        new AgentCache(),
                        worker -> WriteSession.open(
                                database, NAME, "backfill-" + worker, Fence.COMMAND_SEAT + worker, epoch),
                        config.backfill().batch(),
                        config.backfill().workers(),
                        Brake.NONE,
                        ScanProgress.NONE,
                        new StopSignal())
                .run();
    }

    /** As {@code verify}. */
    void verify() throws SQLException, InterruptedException {
        if (!new Verifier(database, NAME, mapping(), 2, new StopSignal())
                .run(Verifier.Repair.NONE)
                .clean()) {
            throw new IllegalStateException("verify found " + target.name() + " out of step");
        }
    }

    private Mapping mapping() throws SQLException {
        try (Connection connection = database.open("bench")) {
            return MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
        }
    }

    /**
     * Starts the command line of the built distribution in a process of its own.
     *
     * @param javaOptions for its JVM
     * @param log takes its output
     */
    Process start(String javaOptions, Path log, String... arguments) throws IOException {
        Path yaml = log.resolveSibling(log.getFileName() + ".yaml");
        Files.writeString(yaml, yaml());
        List<String> command = new ArrayList<>(words(System.getProperty("bench.prefix", "")));
        command.add(Path.of(System.getProperty("bench.dist", "target/lockstep-dist"), "bin", "lockstep")
                .toAbsolutePath()
                .toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-c", yaml.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("LOCKSTEP_JAVA_OPTS", javaOptions);
        return builder.start();
    }

    /** To try what nice, taskset or the like make of it. */
    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +", -1));
    }
}
