package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Chaos;
import dev.lockstep.testing.ChromaApplication;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.PointJudge;
import dev.lockstep.testing.QdrantApplication;
import dev.lockstep.testing.QdrantDouble;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.VectorJudge;
import dev.lockstep.testing.VectorSchema;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of the sidecar and crashes of the stores, while messages and their embeddings are written in both orders:
 * afterwards every vector of every store carries what the table of meanings says. {@code -Dcrash.seed=…} repeats a run's
 * decisions.
 */
@NeedsServer(image = ChromaServer.IMAGE, orPrepared = ChromaServer.PREPARED)
class StoreCrashIT {

    private static final int KILLS = Integer.getInteger("crash.kills", 8);
    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    private final long seed = Long.getLong("crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Distribution lockstep = Distribution.built();
    private final Path folder = Path.of("target", "crash", "stores-" + seed).toAbsolutePath();
    private final List<Process> started = new ArrayList<>();

    @Test
    void killsAndCrashesOfStoresLeaveEveryVectorInStep() throws Exception {
        say("seed " + seed);
        OwnServer server = OwnServer.start(folder.resolve("server"));
        try (server;
                ChromaServer chroma = ChromaServer.start();
                QdrantDouble qdrant = new QdrantDouble("");
                QdrantApplication named = QdrantApplication.create(qdrant.url(), "memories")) {
            TestDatabase db = server.database();
            db.execute(SCHEMA.ddl());
            ChromaApplication byId = ChromaApplication.create(chroma.url(), "memories");
            writeConfiguration(db, chroma.url(), qdrant.url());
            assertThat(lockstep.run(folder, "expand").exitCode()).isZero();
            int embedded;
            try (Chaos chaos =
                    new Chaos(db, random, (id, payload) -> byId.upsert(Map.of(id, payload)), named::upsert).start()) {
                Process run = start();
                for (int kill = 1; kill <= KILLS; kill++) {
                    work(chaos);
                    if (kill % 3 == 1) {
                        chroma.crashAndRestart();
                        work(chaos);
                    }
                    if (kill % 3 == 2) {
                        qdrant.away(true);
                        int until = chaos.transactions() + random.nextInt(50, 300); // the indexer waits for the store
                        Await.until("transactions", () -> chaos.transactions() >= until);
                        qdrant.away(false);
                    }
                    assertThat(run.isAlive())
                            .as("ended by itself, see " + folder)
                            .isTrue();
                    run.destroyForcibly().waitFor();
                    run = start();
                }
                work(chaos);
                chaos.stop();
                embedded = chaos.embedded();
                say(chaos.transactions() + " transactions, " + chaos.slow() + " of them slow, " + embedded
                        + " embeddings to each of three stores");
                run.destroy();
                assertThat(run.waitFor(40, TimeUnit.SECONDS)).isTrue();
                assertThat(run.exitValue()).isZero();
            }
            PointJudge before = PointJudge.read(db, SCHEMA);
            say("out of step before catching up: Chroma "
                    + before.wrong(byId.points(), true).size() + ", Qdrant "
                    + before.wrong(named.points(), false).size() + ", PostgreSQL " + VectorJudge.outOfStep(db, SCHEMA));
            Distribution.Ended ended = lockstep.run(folder, "run", "--until-caught-up");
            assertThat(ended.exitCode()).as(ended.err()).isZero();

            PointJudge judge = PointJudge.read(db, SCHEMA);
            Map<String, Map<String, Object>> inChroma = byId.points();
            Map<String, Map<String, Object>> inQdrant = named.points();
            assertThat(judge.wrong(inChroma, true)).as("in Chroma").isEmpty();
            assertThat(judge.wrong(inQdrant, false)).as("in Qdrant").isEmpty();
            assertThat(VectorJudge.examples(db, SCHEMA)).as("in PostgreSQL").isEmpty();
            for (Map<String, Map<String, Object>> points : List.of(inChroma, inQdrant)) {
                assertThat(points.values()).allMatch(payload -> "by the application".equals(payload.get("kept")));
                assertThat(points).hasSizeGreaterThan(500);
            }
            say(KILLS + " kills; " + inChroma.size() + " points of Chroma, " + inQdrant.size()
                    + " of Qdrant's double, " + db.number("SELECT count(*) FROM \"MemoryVectors\"")
                    + " of PostgreSQL, all in step");
            assertThat(db.number("SELECT count(*) FROM lockstep.gap")).isZero();

            String stamped = db.text("SELECT sum(stamped)::text FROM lockstep.vector_store");
            assertThat(lockstep.run(folder, "run", "--until-caught-up").exitCode())
                    .isZero();
            assertThat(db.text("SELECT sum(stamped)::text FROM lockstep.vector_store"))
                    .as("a second run stamps nothing")
                    .isEqualTo(stamped);
            assertThat(byId.points()).isEqualTo(inChroma);
            assertThat(named.points()).isEqualTo(inQdrant);
            Distribution.Ended verified = lockstep.run(folder, "verify");
            assertThat(verified.exitCode()).as(verified.out() + verified.err()).isZero();
        }
        server.discard();
    }

    /** Until the application has done some more. */
    private void work(Chaos chaos) throws Exception {
        int until = chaos.embedded() + random.nextInt(40, 120);
        Await.until("embeddings", () -> chaos.embedded() >= until);
    }

    private Process start() throws Exception {
        Process run = lockstep.start(folder, folder.resolve("run-" + (started.size() + 1) + ".log"), "run");
        started.add(run);
        return run;
    }

    /** However it ends. */
    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
    }

    private void writeConfiguration(TestDatabase db, URI chroma, URI qdrant) throws Exception {
        Files.writeString(folder.resolve("lockstep.yaml"), """
                database: {url: '%s', user: %s, password: %s}
                run: {heartbeatSeconds: 1}
                http: {port: 0}
                mapping:
                  vectors:
                    - {store: postgres, table: MemoryVectors, persona: PersonaId, message: MessageId, content: Content, contentHash: ContentHash}
                    - {store: chroma, name: chroma, url: '%s', collection: memories, link: {by: id}}
                    - {store: qdrant, name: qdrant, url: '%s', collection: memories, link: {by: payload, field: MessageId}, contentHash: ContentHash}
                """.formatted(
                        db.config().url(), db.config().user(), db.config().password(), chroma, qdrant));
    }

    private static void say(String line) {
        System.out.println("store crash test: " + line);
    }
}
