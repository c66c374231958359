package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestServer;
import dev.lockstep.testing.Writers;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged plugin in a real worker, on a real broker and a real server. */
class ConnectIT {

    private static final int KILLS = 3;

    @TempDir
    static Path folder;

    private static TestServer server;
    private static Broker kafka;

    private TestDatabase db;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start();
        kafka = Broker.start();
    }

    @AfterAll
    static void stop() throws Exception {
        kafka.close();
        server.close();
    }

    /** The two files as they are, two sink tasks, writers, and a worker that is killed under them. */
    @Test
    void theShippedConnectorsKeepStepAcrossKilledWorkers() throws Exception {
        Map<String, String> environment = expand("lockstep");
        CountDownLatch enough = new CountDownLatch(1);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        try (ConnectWorker worker = ConnectWorker.brief(
                        Files.createDirectory(folder.resolve("shipped")), kafka.servers(), environment)
                .start("only_scan")) {
            for (int i = 0; i < 3; i++) {
                int writer = i;
                writers.add(Writers.beside(() -> write(writer, enough)));
            }
            worker.post(Files.readString(Path.of("connectors/lockstep-source.json")));
            worker.post(Files.readString(Path.of("connectors/lockstep-sink.json")));
            worker.awaitRunning("lockstep-sink", 2);
            for (int i = 0; i < KILLS; i++) {
                awaitMore(500);
                worker.kill();
                worker.start("service_load");
                worker.awaitRunning("lockstep-source", 1);
                worker.awaitRunning("lockstep-sink", 2);
            }
            awaitMore(500);
            enough.countDown();
            writers.forEach(CompletableFuture::join);
            awaitInStep(worker);
            assertThat(partitions(worker)).as("partitions read").hasSizeGreaterThan(1);
            assertThat(seats()).as("origins that wrote").contains("lockstep_32", "lockstep_33");
            LockstepConfig config = config(Files.readString(folder.resolve("lockstep.yaml")));
            assertThat(StatusReader.once(new Database(config.database(), config.name()), config)
                            .blockers())
                    .anyMatch(line -> line.startsWith("no `lockstep run` leads, but the slot is read"))
                    .noneMatch(line -> line.startsWith("nothing runs"));
        } finally {
            enough.countDown();
        }
    }

    /** The stock source, Structs, unwrapped. */
    @Test
    void theStockSourceUnwrappedIsApplied() throws Exception {
        Map<String, String> environment = expand("stock");
        try (ConnectWorker worker = ConnectWorker.brief(
                        Files.createDirectory(folder.resolve("stock")), kafka.servers(), environment)
                .start("service_load")) {
            worker.post(stockSource());
            worker.post("""
                    {"name": "stock-sink", "config": {
                      "connector.class": "dev.lockstep.connect.LockstepSinkConnector", "tasks.max": "1",
                      "topics.regex": "stock\\\\.public\\\\..+", "lockstep.config": "${env:LOCKSTEP_CONFIG}",
                      "consumer.override.metadata.max.age.ms": "2000"}}
                    """);
            worker.awaitRunning("stock-source", 1);
            worker.awaitRunning("stock-sink", 1);
            CountDownLatch enough = new CountDownLatch(1);
            CompletableFuture<Void> writer = Writers.beside(() -> write(0, enough));
            Await.until("rows", () -> db.number("SELECT count(*) FROM \"Messages\"") > 300);
            enough.countDown();
            writer.join();
            awaitInStep(worker);
        }
    }

    private static String stockSource() throws Exception {
        return Files.readString(Path.of("connectors/lockstep-source.json"))
                .replace(
                        "dev.lockstep.connect.LockstepSourceConnector",
                        "io.debezium.connector.postgresql.PostgresConnector")
                .replace("\"lockstep", "\"stock")
                .replace("'lockstep'", "'stock'")
                .replace("\"tasks.max\": \"1\",", """
                        "tasks.max": "1",
                        "transforms": "unwrap",
                        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
                        "transforms.unwrap.add.fields": "op,source.txId,source.origin",
                        "transforms.unwrap.delete.tombstone.handling.mode": "rewrite",
                        """)
                .replace("schemas.enable\": \"false\"", "schemas.enable\": \"true\"");
    }

    /** A legacy database with lockstep's schema, and the environment a worker needs for it. */
    private Map<String, String> expand(String name) throws Exception {
        db = server.database();
        db.execute(LegacySchema.PASCAL.ddl());
        String yaml = "name: " + name + "\ndatabase: {url: '" + db.config().url()
                + "', user: postgres, password: postgres, schema: public}\nmapping: {}\n";
        LockstepConfig config = config(yaml);
        SidecarHarness.expanded(db, config, new StoreAdapters());
        URI url = URI.create(db.config().url().substring("jdbc:".length()));
        return Map.of(
                "LOCKSTEP_CONFIG",
                Files.writeString(folder.resolve(name + ".yaml"), yaml).toString(),
                "LOCKSTEP_DB_HOST",
                url.getHost(),
                "LOCKSTEP_DB_PORT",
                Integer.toString(url.getPort()),
                "LOCKSTEP_DB_NAME",
                url.getPath().substring(1),
                "LOCKSTEP_DB_USER",
                "postgres",
                "LOCKSTEP_DB_PASSWORD",
                "postgres");
    }

    /** Transactions of several rows, changes of persona, edits and deletes. */
    private void write(int writer, CountDownLatch enough) throws Exception {
        for (int i = 0; !enough.await(10, TimeUnit.MILLISECONDS); i++) {
            db.execute("INSERT INTO \"Personas\" (\"Name\") VALUES ('w" + writer + "');"
                    + "INSERT INTO \"Conversations\" (\"PersonaId\", \"Title\")"
                    + " SELECT \"Id\", 'c' FROM \"Personas\" ORDER BY random() LIMIT 2;"
                    + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                    + " SELECT \"Id\", 'text " + i + "' FROM \"Personas\" ORDER BY random() LIMIT 5");
            db.execute("UPDATE \"Messages\" SET \"Content\" = \"Content\" || '!', \"FromPersonaId\" ="
                    + " (SELECT \"Id\" FROM \"Personas\" ORDER BY random() LIMIT 1)"
                    + " WHERE \"Id\" = (SELECT \"Id\" FROM \"Messages\" ORDER BY random() LIMIT 1)");
            if (i % 50 == 0) { // longer than a batch of the producer: a worker dies in the middle of it
                db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT p.\"Id\", 'bulk'"
                        + " FROM (SELECT \"Id\" FROM \"Personas\" LIMIT 4) p, generate_series(1, 100)");
            }
            if (i % 10 == 0) {
                db.execute("DELETE FROM \"Messages\" WHERE \"Id\" ="
                        + " (SELECT \"Id\" FROM \"Messages\" ORDER BY random() LIMIT 1)");
            }
        }
    }

    private void awaitMore(int rows) throws Exception {
        long derived = derived();
        Await.until(rows + " more rows are derived", () -> derived() >= derived + rows);
    }

    private long derived() throws Exception {
        return db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NOT NULL");
    }

    private void awaitInStep(ConnectWorker worker) throws Exception {
        try {
            Await.until("in step", () -> Judge.PASCAL.outOfStep(db) == 0);
        } catch (AssertionError e) {
            throw new AssertionError(Judge.PASCAL.outOfStep(db) + " rows out of step; " + worker.log(), e);
        }
        assertThat(derived()).isPositive();
    }

    private List<String> seats() throws Exception {
        return db.rows("SELECT roname FROM pg_replication_origin").stream()
                .map(row -> row.get(0))
                .toList();
    }

    private static LockstepConfig config(String yaml) {
        return ConfigLoader.parse("test", yaml, Map.of());
    }

    private static Set<String> partitions(ConnectWorker worker) throws Exception {
        Set<String> read = new HashSet<>();
        for (JsonNode offset : worker.get("/connectors/lockstep-sink/offsets").path("offsets")) {
            read.add(offset.path("partition").toString());
        }
        return read;
    }
}
