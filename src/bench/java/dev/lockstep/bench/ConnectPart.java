package dev.lockstep.bench;

import dev.lockstep.connect.ConnectWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.connect.util.clusters.EmbeddedKafkaCluster;

/**
 * The shipped connectors in a real worker, against the sidecar on the same data; and, as the peer, the stock source with a
 * lookup and Debezium's own sink. Everything is warm: each measures its second round.
 */
final class ConnectPart implements Part {

    private static final int ROWS = 300_000;

    private final Path output;

    ConnectPart(Path output) {
        this.output = output;
    }

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(false);
        Path folder = Files.createTempDirectory(output, "connect");
        Properties broker = new Properties();
        broker.put("auto.create.topics.enable", "true");
        EmbeddedKafkaCluster kafka = new EmbeddedKafkaCluster(1, broker);
        kafka.start();
        try (BenchDatabase template = data.inStep(server, "bench_template", ROWS)) {
            CatchUp catchUp = new CatchUp(server, data, template, db -> data.changeInBulk(db, ROWS, 5));
            catchUp.product(); // two rounds each to warm up
            catchUp.product();
            double embedded = ROWS / catchUp.product().streaming();
            double[] ours;
            try (BenchDatabase database = server.copy(template, "bench_product")) {
                ours = shipped(kafka.bootstrapServers(), database, data, Files.createDirectory(folder.resolve("ours")));
            }
            double peer;
            try (BenchDatabase database = server.copy(template, "bench_peer")) {
                peer = peer(kafka.bootstrapServers(), database, data, Files.createDirectory(folder.resolve("peer")));
            }
            String line = String.format(
                    Locale.ROOT,
                    "rows/s: embedded %,.0f, one task %,.0f, two tasks %,.0f, peer %,.0f",
                    embedded,
                    ours[0],
                    ours[1],
                    peer);
            return List.of(
                    Figure.atLeast(0.6, "Connect with one task / embedded", ours[0] / embedded, "ratio", line),
                    Figure.info("  the same with two tasks", ours[1] / embedded, "ratio", line),
                    Figure.info("  stock source, lookup and JDBC sink / embedded", peer / embedded, "ratio", line));
        } finally {
            kafka.stop();
        }
    }

    /** By one task, then by two. */
    private static double[] shipped(String bootstrap, BenchDatabase database, Data data, Path folder) throws Exception {
        Product product = new Product(database, data);
        product.expand();
        Path yaml = Files.writeString(folder.resolve("lockstep.yaml"), product.yaml());
        double[] rates = new double[2];
        try (ConnectWorker worker =
                new ConnectWorker(folder, bootstrap, environment(database, yaml)).start("service_load")) {
            worker.post(Files.readString(Path.of("connectors/lockstep-source.json"))
                    .replace("slot.name\": \"lockstep", "slot.name\": \"" + Product.NAME)
                    .replace("publication.name\": \"lockstep", "publication.name\": \"" + Product.NAME)
                    .replace("prefix.include.list\": \"lockstep", "prefix.include.list\": \"" + Product.NAME)
                    .replace("'lockstep'", "'" + Product.NAME + "'")
                    .replace("\"plugin.name\"", "\"slot.stream.params\": \"origin=none\", \"plugin.name\""));
            worker.awaitRunning("lockstep-source", 1);
            String sink = Files.readString(Path.of("connectors/lockstep-sink.json"));
            worker.post(sink.replace("tasks.max\": \"2", "tasks.max\": \"1"));
            worker.awaitRunning("lockstep-sink", 1);
            ConnectRun run = new ConnectRun(worker, database, data, "lockstep-source", Product.NAME, ROWS);
            run.rate(1);
            run.rate(2);
            rates[0] = run.rate(3);
            worker.put("lockstep-sink/config", sink.substring(sink.indexOf("\"config\":") + 9, sink.lastIndexOf('}')));
            worker.awaitRunning("lockstep-sink", 2);
            rates[1] = run.rate(4);
        }
        data.requireInStep(database);
        product.remove();
        return rates;
    }

    /** All columns are published; the sink updates by primary key, in its batches. */
    private static double peer(String bootstrap, BenchDatabase database, Data data, Path folder) throws Exception {
        database.execute("CREATE PUBLICATION peer FOR TABLE \"Messages\"");
        String agents = database.text("SELECT string_agg(\"PersonaId\" || '=' || \"Id\", E'\\n') FROM \"Agents\"");
        Path file = Files.writeString(folder.resolve("agents.properties"), agents);
        double rate;
        try (ConnectWorker worker = new ConnectWorker(folder, bootstrap, environment(database, file))) {
            copy(Path.of("target/peer"), folder.resolve("plugins"));
            Path lookup = Files.createDirectories(folder.resolve("plugins/lookup/dev/lockstep/bench"));
            Files.copy(
                    Path.of("target/test-classes/dev/lockstep/bench/AgentLookup.class"),
                    lookup.resolve("AgentLookup.class"));
            worker.start("only_scan");
            worker.post("""
                    {"name": "peer-source", "config": {
                      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "tasks.max": "1",
                      "database.hostname": "${env:LOCKSTEP_DB_HOST}", "database.port": "${env:LOCKSTEP_DB_PORT}",
                      "database.dbname": "${env:LOCKSTEP_DB_NAME}", "database.user": "postgres",
                      "database.password": "postgres", "topic.prefix": "peer", "plugin.name": "pgoutput",
                      "slot.name": "peer", "slot.retry.delay.ms": "200", "publication.name": "peer", "publication.autocreate.mode": "disabled",
                      "snapshot.mode": "no_data", "poll.interval.ms": "5", "max.batch.size": "5000",
                      "max.queue.size": "10000", "producer.override.compression.type": "lz4",
                      "topic.creation.default.replication.factor": "-1", "topic.creation.default.partitions": "8",
                      "transforms": "lookup", "transforms.lookup.type": "dev.lockstep.bench.AgentLookup",
                      "transforms.lookup.file": "${env:LOCKSTEP_CONFIG}"}}
                    """);
            worker.awaitRunning("peer-source", 1);
            worker.post("""
                    {"name": "peer-sink", "config": {
                      "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector", "tasks.max": "1",
                      "topics": "peer.public.Messages",
                      "connection.url": "%s", "connection.username": "postgres", "connection.password": "postgres",
                      "insert.mode": "update", "primary.key.mode": "record_key", "primary.key.fields": "Id",
                      "collection.name.format": "Messages", "quote.identifiers": "true", "schema.evolution": "none",
                      "batch.size": "5000", "consumer.override.max.poll.records": "5000",
                      "consumer.override.auto.offset.reset": "earliest"}}
                    """.formatted(database.url()));
            worker.awaitRunning("peer-sink", 1);
            ConnectRun run = new ConnectRun(worker, database, data, "peer-source", "peer", ROWS);
            run.rate(1);
            run.rate(2);
            rate = run.rate(3);
        }
        data.requireInStep(database);
        while (database.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'peer' AND active") > 0) {
            Thread.sleep(20);
        }
        database.text("SELECT pg_drop_replication_slot('peer')");
        return rate;
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(from)) {
            files = walk.filter(Files::isRegularFile).collect(Collectors.toList());
        }
        for (Path file : files) {
            Path target = to.resolve(from.relativize(file).toString());
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
    }

    private static Map<String, String> environment(BenchDatabase database, Path config) {
        return Map.of(
                "LOCKSTEP_CONFIG",
                config.toAbsolutePath().toString(),
                "LOCKSTEP_DB_HOST",
                "localhost",
                "LOCKSTEP_DB_PORT",
                Integer.toString(database.port()),
                "LOCKSTEP_DB_NAME",
                database.name(),
                "LOCKSTEP_DB_USER",
                "postgres",
                "LOCKSTEP_DB_PASSWORD",
                "postgres");
    }
}
