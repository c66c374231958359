package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.TopicReader;
import dev.lockstep.testing.Writers;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The brokers are away for two minutes while writers go on and the server keeps WAL within a limit. */
class BrokerOutageIT {

    private static final Duration AWAY = Duration.ofSeconds(Long.getLong("outage.seconds", 120));
    private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

    /** Of WAL, in MB; the writers are held back at two thirds of it. */
    private static final int BUDGET = 96;

    /** Above half of it whatever its segments, and below what holds the writers back: a busy disk takes longer to get there. */
    private static final int WARNED_OF = 60;

    /** The budget is full after some 90 s. */
    private static final int ROWS_PER_SECOND = 800;

    /** At once: a thirtieth of the budget. */
    private static final int MOST = 4000;

    private static final String HELD = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8 / 1048576"
            + " FROM pg_replication_slots WHERE slot_name = 'lockstep'";

    private final Distribution lockstep = Distribution.built().with("-Xmx160m");

    @TempDir
    Path folder;

    private TestDatabase db;

    /** @param memory of the process, in KB */
    private record Look(double lagSeconds, long lagBytes, long memory) {}

    @Test
    void nothingIsLostLagIsShownMemoryIsFlatAndTheBudgetIsWarnedOf() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of("max_slot_wal_keep_size", BUDGET + "MB"));
                Broker broker = Broker.start()) {
            db = TestPostgres.database(server);
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
            CountDownLatch enough = new CountDownLatch(1);
            CompletableFuture<Void> writer = Writers.beside(() -> write(enough));
            Path log = folder.resolve("run.log");
            Process run = lockstep.start(folder, log, "run");
            try {
                Await.until("some are derived", () -> derived() > 2000);
                broker.goAway();
                List<Look> looks = watch(run);
                broker.comeBack();
                enough.countDown();
                writer.join();
                Await.until("in step", () -> Judge.PASCAL.outOfStep(db) == 0);
                String said = Files.readString(log);
                System.out.println("broker outage: " + AWAY.toSeconds() + " s, looks " + looks);
                assertThat(looks.get(looks.size() - 1).lagSeconds())
                        .as("lag, in seconds")
                        .isGreaterThan(AWAY.toSeconds() - 30.0);
                assertThat(looks).extracting(Look::lagBytes).isSorted();
                assertThat(looks.get(looks.size() - 1).memory())
                        .as("KB of memory at the end, against those of a third of the time")
                        .isLessThan(looks.get(looks.size() / 3).memory() * 5 / 4);
                assertThat(said)
                        .contains("the journal waits for Kafka")
                        .contains("WAL budget: the slot lockstep holds");
            } finally {
                enough.countDown();
                run.destroy();
                assertThat(run.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertComplete(broker);
            assertThat(db.number("SELECT count(*) FROM lockstep.gap")).isZero();
        }
    }

    private List<Look> watch(Process run) throws Exception {
        List<Look> looks = new ArrayList<>();
        long end = System.nanoTime() + AWAY.toNanos();
        while (System.nanoTime() < end || db.number(HELD) < WARNED_OF) {
            assertThat(System.nanoTime()).as("the writers filled the budget").isLessThan(end + AWAY.toNanos());
            long next = System.nanoTime() + LOOK_EVERY.toNanos();
            Await.until("the next look", () -> System.nanoTime() > next);
            assertThat(run.isAlive()).isTrue();
            JsonNode lag = new ObjectMapper()
                    .readTree(lockstep.run(folder, "status", "--output", "json").out())
                    .get("lag");
            looks.add(new Look(lag.get("seconds").asDouble(), lag.get("bytes").asLong(), memory(run)));
        }
        return looks;
    }

    /** What the process has in memory, in KB, as Linux tells. */
    private static long memory(Process run) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + run.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    /** As many rows a second on a full machine, too: what is late is written with what is due. */
    private void write(CountDownLatch enough) throws Exception {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            long last = System.nanoTime();
            while (!enough.await(20, TimeUnit.MILLISECONDS)) {
                boolean room = held(statement) < BUDGET * 2 / 3;
                long now = System.nanoTime();
                long due = Math.min(MOST, 1 + ROWS_PER_SECOND * (now - last) / TimeUnit.SECONDS.toNanos(1));
                last = now;
                statement.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(),"
                        + " repeat('x', " + (room ? 500 : 1) + ") FROM generate_series(1, " + (room ? due : 1) + ")");
            }
        }
    }

    private static long held(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(HELD)) {
            row.next();
            return row.getLong(1);
        }
    }

    private long derived() throws Exception {
        return db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NOT NULL");
    }

    private void assertComplete(Broker broker) throws Exception {
        Set<String> there = new HashSet<>();
        try (TopicReader topic = new TopicReader(broker.servers(), "lockstep.journal")) {
            topic.values().forEach(change -> there.add(change.get("key").get(0).asText()));
        }
        long missing = 0;
        List<List<String>> rows = db.rows("SELECT \"Id\" FROM \"Messages\"");
        for (List<String> row : rows) {
            missing += there.contains(row.get(0)) ? 0 : 1;
        }
        System.out.println("broker outage: " + rows.size() + " rows written, " + missing + " not in the journal");
        assertThat(missing).isZero();
        assertThat(rows).hasSizeGreaterThan(10_000);
    }

    private void done(String... command) throws Exception {
        Distribution.Ended ended = lockstep.run(folder, command);
        assertThat(ended.exitCode()).as(ended.err()).isZero();
    }
}
