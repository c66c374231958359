package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.model.Lsn;
import dev.lockstep.testing.Audit;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestServer;
import dev.lockstep.testing.TopicReader;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The journal has no hole: not after a kill, not after a broker that was away. */
class JournalIT {

    private static TestServer server;
    private static Broker broker;

    private final TestDatabase db = server.database();
    private SidecarHarness sidecar;
    private Audit audit;
    private KafkaConfig kafka;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start();
        broker = Broker.start();
    }

    @AfterAll
    static void end() throws Exception {
        broker.close();
        server.close();
    }

    @BeforeEach
    void expand() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        SidecarHarness plain =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled();
        kafka = new KafkaConfig(
                broker.servers(),
                new KafkaConfig.Journal(plain.name() + ".journal", 3, Duration.ofHours(30)),
                Map.of());
        sidecar = plain.withKafka(kafka);
        audit = Audit.of(db, sidecar.name(), "Personas", "Conversations", "Messages");
    }

    @AfterEach
    void close() {
        sidecar.close();
    }

    @Test
    void holdsEveryCommittedChangeAndNoneOfOurs() throws Exception {
        sidecar.start();
        db.execute("INSERT INTO \"Personas\" SELECT gen_random_uuid(), 'p' || i FROM generate_series(1, 5) i");
        insertMessages(200);
        db.execute("UPDATE \"Messages\" SET \"Content\" = 'edited' WHERE \"Content\" LIKE '%7'");
        db.execute("DELETE FROM \"Messages\" WHERE \"Content\" LIKE '%3'");
        try (Connection undone = Writers.begin(
                db, "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'undone')")) {
            undone.rollback();
        }
        sidecar.awaitInStep(Judge.PASCAL);

        Set<String> theirs = audit.theirs();
        assertThat(theirs).hasSizeGreaterThan(225);
        assertThat(audit.ours()).hasSizeGreaterThan(150);
        try (TopicReader topic =
                new TopicReader(broker.servers(), kafka.journal().topic())) {
            assertComplete(topic);
            for (JsonNode change : topic.values()) {
                if (!change.get("commitLsn").isNull()) { // a batch may have ended before the transaction did
                    assertThat(Lsn.parse(change.get("commitLsn").asText()))
                            .isGreaterThan(Lsn.parse(change.get("lsn").asText()));
                }
                assertThat(change.get("legacy").asBoolean())
                        .isEqualTo(change.get("table").asText().equals("Messages")
                                && change.get("op").asText().equals("insert"));
            }
            assertThat(topic.records())
                    .allSatisfy(r -> assertThat(r.value()).doesNotContain("edited"))
                    .allSatisfy(r -> assertThat(r.key()).startsWith("[\"public\",\""));
            assertThat(topic.records().stream()
                            .collect(Collectors.groupingBy(
                                    r -> r.key(), Collectors.mapping(r -> r.partition(), Collectors.toSet())))
                            .values())
                    .as("partitions of one row")
                    .allSatisfy(partitions -> assertThat(partitions).hasSize(1));
        }
    }

    /** Rows are derived all the same, as far as one batch goes; the position waits, and so the server keeps the rest. */
    @Test
    void aBrokerThatIsAwayHoldsThePositionAndLosesNothing() throws Exception {
        sidecar.start();
        insertMessages(10);
        sidecar.awaitInStep(Judge.PASCAL);

        broker.goAway();
        insertMessages(50);
        Lsn committed = Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
        Await.until("the batch in hand is derived", () -> Judge.PASCAL.outOfStep(db) < 50);
        long until = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        Await.until("the position has had its time to move", () -> {
            assertThat(sidecar.position()).isLessThan(committed);
            return System.nanoTime() > until;
        });
        insertMessages(50);
        assertThat(sidecar.running()).isTrue();

        broker.comeBack();
        sidecar.awaitInStep(Judge.PASCAL);
        try (TopicReader topic =
                new TopicReader(broker.servers(), kafka.journal().topic())) {
            assertComplete(topic);
        }
        sidecar.assertTheStreamAloneDidIt();
    }

    /** Whoever starts while it is away waits, and can be stopped. */
    @Test
    void startsWithoutABroker() throws Exception {
        broker.goAway();
        sidecar.start();
        insertMessages(20);
        Await.until("the batch in hand is derived", () -> Judge.PASCAL.outOfStep(db) < 20);
        sidecar.stop();
        broker.comeBack();
        sidecar.start().awaitInStep(Judge.PASCAL);
        try (TopicReader topic =
                new TopicReader(broker.servers(), kafka.journal().topic())) {
            assertComplete(topic);
        }
    }

    @Test
    void theTopicIsMadeAsStatedAndCheckFindsWhatIsChanged() throws Exception {
        assertThat(JournalCheck.all(kafka)).extracting(Finding::severity).containsExactly(Finding.Severity.INFO);
        sidecar.start();
        insertMessages(1);
        sidecar.awaitCaughtUp();
        String topic = kafka.journal().topic();
        assertThat(JournalCheck.all(kafka))
                .extracting(Finding::message)
                .containsExactly("topic " + topic + " has 1 replicas and min.insync.replicas=1: a change may be"
                        + " acknowledged by one broker alone, and be gone with its disk");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.servers()))) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            assertThat(admin.describeConfigs(List.of(resource))
                            .all()
                            .get()
                            .get(resource)
                            .get("retention.ms")
                            .value())
                    .isEqualTo(Long.toString(Duration.ofHours(30).toMillis()));
            admin.incrementalAlterConfigs(
                            Map.of(resource, List.of(set("cleanup.policy", "compact"), set("retention.ms", "3600000"))))
                    .all()
                    .get();
            Await.until("the change is seen", () -> JournalCheck.all(kafka).size() == 3);
        }
        assertThat(JournalCheck.all(kafka))
                .filteredOn(finding -> finding.severity() == Finding.Severity.ERROR)
                .extracting(Finding::message)
                .containsExactly(
                        "topic " + topic + " has cleanup.policy=compact: older changes of a row are removed",
                        "topic " + topic + " keeps changes for PT1H, kafka.journal.retention says PT30H");
    }

    @Test
    void checkFindsABrokerThatDoesNotAnswer() throws Exception {
        KafkaConfig away = new KafkaConfig("127.0.0.1:1", kafka.journal(), Map.of("default.api.timeout.ms", "6000"));
        assertThat(JournalCheck.all(away)).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
            assertThat(finding.id()).isEqualTo("journal-broker");
            assertThat(finding.message()).startsWith("the Kafka brokers at 127.0.0.1:1 do not answer: ");
        });
    }

    /** Every committed change is in the topic, and nothing else is. By sets: the assertions on large ones take minutes. */
    private void assertComplete(TopicReader topic) throws Exception {
        Set<String> there = changes(topic);
        Set<String> missing = new HashSet<>(audit.theirs());
        missing.removeAll(there);
        assertThat(missing).as("missing").isEmpty();
        there.removeAll(audit.theirs());
        assertThat(there).as("written by nobody else").isEmpty();
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    /** In the words of the audit, each once. */
    private static Set<String> changes(TopicReader topic) {
        return topic.values().stream()
                .map(c -> c.get("table").asText() + " " + c.get("key").get(0).asText() + " "
                        + c.get("op").asText() + " " + c.get("xid").asText())
                .collect(Collectors.toSet());
    }

    private void insertMessages(int rows) throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm ' || i"
                + " FROM generate_series(1, " + rows + ") i");
    }
}
