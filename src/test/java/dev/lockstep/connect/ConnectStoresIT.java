package dev.lockstep.connect;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.delete;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.ChromaApplication;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.PointJudge;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.util.clusters.EmbeddedKafkaCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged plugin in a real worker keeps a real Chroma server in step. */
@NeedsServer(image = ChromaServer.IMAGE, orPrepared = ChromaServer.PREPARED)
class ConnectStoresIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    @TempDir
    static Path folder;

    /** By the shipped connectors, with points before and after their message, and a worker that is killed. */
    @Test
    void pointsFollowTheirMessagesAcrossAKilledWorker() throws Exception {
        Properties broker = new Properties();
        broker.put("auto.create.topics.enable", "true");
        EmbeddedKafkaCluster kafka = new EmbeddedKafkaCluster(1, broker);
        kafka.start();
        try (EmbeddedPostgres server = TestPostgres.start(Map.of());
                ChromaServer chroma = ChromaServer.start()) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(SCHEMA.ddl() + VectorWrites.personas(SCHEMA));
            ChromaApplication points = ChromaApplication.create(chroma.url(), "memories");
            Path yaml = Files.writeString(
                    folder.resolve("lockstep.yaml"),
                    "name: lockstep\ndatabase: {url: '" + db.config().url()
                            + "', user: postgres, password: postgres}\nmapping:\n  vectors:\n    - {store: chroma, url: '"
                            + chroma.url() + "', collection: memories, link: {by: id}}\n");
            SidecarHarness.expanded(
                    db, ConfigLoader.parse("test", Files.readString(yaml), Map.of()), new StoreAdapters());
            db.execute(message(SCHEMA, "m1", "p1", null, "there before all"));
            index(points, "m1", "m2");
            try (ConnectWorker worker = ConnectWorker.brief(folder, kafka.bootstrapServers(), environment(db, yaml))
                    .start("service_load")) {
                worker.post(Files.readString(Path.of("connectors/lockstep-source.json")));
                worker.post(Files.readString(Path.of("connectors/lockstep-sink.json")));
                worker.awaitRunning("lockstep-sink", 2);
                assertThat(Distribution.built()
                                .run(folder, "backfill", "-c", yaml.toString())
                                .exitCode())
                        .isZero();
                awaitInStep(worker, db, points);
                db.execute(
                        conversation(SCHEMA, "c1", "p2") + message(SCHEMA, "m2", null, "c1", "came after its point"));
                awaitInStep(worker, db, points);
                db.execute(message(SCHEMA, "m3", "p1", "c1", "came before its point"));
                index(points, "m3");
                awaitInStep(worker, db, points);

                worker.kill();
                db.execute(set(SCHEMA.conversations(), 2, SCHEMA.sql("p3"), "c1", SCHEMA)
                        + delete(SCHEMA.messages(), "m3", SCHEMA)
                        + message(SCHEMA, "m4", "p2", "c1", "came while nobody looked"));
                index(points, "m4");
                worker.start("service_load");
                worker.awaitRunning("lockstep-sink", 2);
                awaitInStep(worker, db, points);
                assertThat(points.points().get(SCHEMA.id("m2"))).containsEntry("kept", 7);
            }
        } finally {
            kafka.stop();
        }
    }

    private static void index(ChromaApplication points, String... messages) throws Exception {
        Map<String, Map<String, Object>> some = new HashMap<>();
        for (String message : messages) {
            some.put(SCHEMA.id(message), Map.of("PersonaId", SCHEMA.id("p1"), "kept", 7));
        }
        points.upsert(some);
    }

    private static void awaitInStep(ConnectWorker worker, TestDatabase db, ChromaApplication points) throws Exception {
        try {
            Await.until("every point is in step", () -> wrong(db, points).isEmpty());
        } catch (AssertionError e) {
            throw new AssertionError(wrong(db, points) + "; " + worker.log(), e);
        }
    }

    private static List<String> wrong(TestDatabase db, ChromaApplication points) throws Exception {
        return PointJudge.read(db, SCHEMA).wrong(points.points(), true);
    }

    private static Map<String, String> environment(TestDatabase db, Path yaml) {
        URI url = URI.create(db.config().url().substring("jdbc:".length()));
        return Map.of(
                "LOCKSTEP_CONFIG",
                yaml.toString(),
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
}
