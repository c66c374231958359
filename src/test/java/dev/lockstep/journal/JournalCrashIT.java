package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Audit;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestServer;
import dev.lockstep.testing.TopicReader;
import dev.lockstep.testing.Writers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of the packaged {@code run}, and a broker that is killed, leave no hole in the journal. */
class JournalCrashIT {

    private static final int KILLS = 10;

    private final long seed = Long.getLong("crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Distribution lockstep = Distribution.built();

    /** In the topic, in the words of the audit. */
    private final Set<String> changes = new HashSet<>();

    private final Set<String> xids = new HashSet<>();

    @TempDir
    Path folder;

    private TestDatabase db;
    private int starts;

    @Test
    void killsAndABrokerRestartLeaveNoHole() throws Exception {
        say("seed " + seed);
        try (TestServer server = TestServer.start();
                Broker broker = Broker.start()) {
            db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            Files.writeString(folder.resolve("lockstep.yaml"), """
                    database: {url: '%s', user: %s, password: %s}
                    run: {heartbeatSeconds: 1}
                    http: {port: 0}
                    savepoints: {keep: 0}
                    kafka: {bootstrapServers: '%s', journal: {partitions: 3}}
                    """.formatted(
                            db.config().url(), db.config().user(), db.config().password(), broker.servers()));
            done("expand");
            done("run", "--until-caught-up");
            Audit audit = Audit.of(db, "lockstep", "Personas", "Conversations", "Messages");
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'first')");
            done("run", "--until-caught-up"); // there is a topic now

            Queue<Written> written = new ConcurrentLinkedQueue<>();
            CountDownLatch enough = new CountDownLatch(1);
            CompletableFuture<Void> writer = Writers.beside(() -> write(written, enough));
            try (TopicReader topic = new TopicReader(broker.servers(), "lockstep.journal")) {
                for (int kill = 1; kill <= KILLS; kill++) {
                    Process run = start();
                    if (kill % 3 != 0) { // every third dies before it has come far
                        Lsn from = position();
                        Await.until("the position moves", () -> position().isAfter(from));
                    }
                    if (kill == KILLS / 2) {
                        broker.goAway();
                        broker.comeBack();
                    }
                    new StopSignal().pause(Duration.ofMillis(random.nextInt(kill % 3 != 0 ? 700 : 3000)));
                    assertThat(run.isAlive())
                            .as("ended by itself, see " + folder)
                            .isTrue();
                    run.destroyForcibly().waitFor();
                    assertNothingPassed(topic, written);
                }
                enough.countDown();
                writer.join();
                done("run", "--until-caught-up");
                assertNothingPassed(topic, written);
                Set<String> missing = audit.theirs();
                int committed = missing.size();
                missing.removeAll(changes);
                say(KILLS + " kills, 1 broker restart, " + committed + " changes committed, "
                        + topic.records().size() + " records, " + missing.size() + " missing");
                assertThat(missing).as("committed and not in the topic").isEmpty();
                changes.removeAll(audit.theirs());
                assertThat(changes)
                        .as("in the topic and committed by nobody else")
                        .isEmpty();
            } finally {
                enough.countDown();
            }
            assertThat(Judge.PASCAL.outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM lockstep.gap")).isZero();
        }
    }

    private void done(String... command) throws Exception {
        Distribution.Ended ended = lockstep.run(folder, command);
        assertThat(ended.exitCode()).as(ended.err()).isZero();
    }

    private Process start() throws Exception {
        return lockstep.start(folder, folder.resolve("run-" + ++starts + ".log"), "run");
    }

    private Lsn position() throws Exception {
        return Lsn.parse(db.text("SELECT lsn FROM lockstep.position"));
    }

    /** @param committedBefore the end of the log after its commit */
    private record Written(String xid, Lsn committedBefore) {}

    private void write(Queue<Written> written, CountDownLatch enough) throws Exception {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!enough.await(4, TimeUnit.MILLISECONDS)) {
                statement.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                        + " SELECT gen_random_uuid(), 'w' FROM generate_series(1, " + (1 + written.size() % 5) + ")");
                String xid = one(statement, "SELECT pg_current_xact_id()");
                connection.commit();
                written.add(new Written(xid, Lsn.parse(one(statement, "SELECT pg_current_wal_insert_lsn()"))));
                connection.commit();
            }
        }
    }

    private static String one(Statement statement, String sql) throws Exception {
        try (var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** What the position has passed is in the topic, at every moment that is looked at. */
    private void assertNothingPassed(TopicReader topic, Queue<Written> written) throws Exception {
        Lsn position = position();
        for (JsonNode change : topic.more()) {
            xids.add(change.get("xid").asText());
            changes.add(change.get("table").asText() + " "
                    + change.get("key").get(0).asText() + " " + change.get("op").asText() + " "
                    + change.get("xid").asText());
        }
        Set<String> passed = new HashSet<>();
        for (Written one : written) {
            if (position.isAtLeast(one.committedBefore())) {
                passed.add(one.xid());
            }
        }
        passed.removeAll(xids);
        assertThat(passed)
                .as("transactions the position has passed, not in the topic")
                .isEmpty();
    }

    private static void say(String line) {
        System.out.println("journal crash test: " + line);
    }
}
