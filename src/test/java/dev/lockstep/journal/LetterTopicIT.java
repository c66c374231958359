package dev.lockstep.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestServer;
import dev.lockstep.testing.TopicReader;
import dev.lockstep.testing.Writers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** The topic says of each row what the table says, also of what happened while nothing ran. */
class LetterTopicIT {

    private static final String CHECK = "ALTER TABLE \"Messages\" %s CONSTRAINT no_poison %s";

    @Test
    void theTopicFollowsTheTable() throws Exception {
        try (TestServer server = TestServer.start();
                Broker broker = Broker.start()) {
            TestDatabase db = server.database();
            db.execute(LegacySchema.PASCAL.ddl());
            SidecarHarness plain =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled();
            String journal = plain.name() + ".journal";
            KafkaConfig kafka = new KafkaConfig(
                    broker.servers(), new KafkaConfig.Journal(journal, 3, Duration.ofHours(1)), Map.of());
            try (SidecarHarness sidecar = plain.withKafka(kafka)) {
                db.execute(CHECK.formatted("ADD", "CHECK (\"FromAgentId\" IS NULL OR \"Content\" NOT LIKE 'poison%')"));
                sidecar.start();
                db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                        + " SELECT gen_random_uuid(), 'poison' || i FROM generate_series(1, 2) i");
                sidecar.awaitCaughtUp();
                Await.until("two are set aside", () -> sidecar.deadLetters() == 2);
                String topic = journal + ".dead-letters";
                Await.until("the topic is there", () -> topics(broker).contains(topic));
                try (TopicReader letters = new TopicReader(broker.servers(), topic);
                        TopicReader changes = new TopicReader(broker.servers(), journal)) {
                    Await.until("they are in the topic", () -> letters.records().size() >= 2);
                    assertThat(letters.records()).allSatisfy(letter -> {
                        assertThat(header(letter, "sqlstate")).isEqualTo("23514");
                        assertThat(header(letter, "reason"))
                                .contains("no_poison")
                                .doesNotContain("poison1");
                        assertThat(header(letter, "tries")).isNotEmpty();
                        assertThat(changes.records())
                                .extracting(ConsumerRecord::key)
                                .contains(letter.key());
                    });
                    assertThat(cleanup(broker, topic)).isEqualTo("compact");
                    String first = id(db, "poison1");
                    sidecar.stop();
                    db.execute("DELETE FROM " + sidecar.name() + ".dead_letter WHERE key[1] = '" + first + "'");
                    sidecar.start();
                    Await.until(
                            "the one that went while nothing ran has a tombstone", () -> last(letters, first) == null);
                    db.execute(CHECK.formatted("DROP", ""));
                    db.execute("UPDATE \"Messages\" SET \"Content\" = \"Content\" || '!'");
                    sidecar.awaitInStep(Judge.PASCAL);
                    String second = id(db, "poison2!");
                    Await.until("the other one, too", () -> last(letters, second) == null);
                }
            }
        }
    }

    /** A server that restarts, or a record of somebody else's, is no reason to end the stream. */
    @Test
    void whatCannotBeReadIsReadLater() throws Exception {
        try (Broker broker = Broker.start()) {
            KafkaConfig kafka = new KafkaConfig(
                    broker.servers(), new KafkaConfig.Journal("other.journal", 1, Duration.ofHours(1)), Map.of());
            DeadLetters.Letter letter = new DeadLetters.Letter(
                    new TableName("public", "t"), RowKey.of("7"), "23514", "why", 1, Instant.EPOCH, Instant.EPOCH);
            AtomicInteger asked = new AtomicInteger();
            StopSignal stop = new StopSignal();
            LetterTopic mirror = new LetterTopic(
                    kafka,
                    most -> {
                        if (asked.incrementAndGet() == 1) {
                            throw LockstepException.notDone("the server is starting up", null);
                        }
                        return List.of(letter);
                    },
                    stop);
            CompletableFuture<Void> running = Writers.beside(mirror::run);
            Await.until("the topic is there", () -> topics(broker).contains("other.journal.dead-letters"));
            try (TopicReader letters = new TopicReader(broker.servers(), "other.journal.dead-letters")) {
                Await.until("the letter is there", () -> !letters.records().isEmpty());
                assertThat(letters.records().get(0).key()).isEqualTo("[\"public\",\"t\",\"7\"]");
            }
            assertThat(running).isNotDone();
            stop.request();
            running.join();
        }
    }

    private static String last(TopicReader letters, String id) {
        List<ConsumerRecord<String, String>> of = letters.records().stream()
                .filter(record -> record.key().contains(id))
                .toList();
        return of.get(of.size() - 1).value();
    }

    private static String id(TestDatabase db, String content) throws Exception {
        return db.text("SELECT \"Id\" FROM \"Messages\" WHERE \"Content\" = '" + content + "'");
    }

    private static String header(ConsumerRecord<String, String> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    private static Set<String> topics(Broker broker) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.servers()))) {
            return admin.listTopics().names().get();
        }
    }

    private static String cleanup(Broker broker, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.servers()))) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            return admin.describeConfigs(List.of(resource))
                    .all()
                    .get()
                    .get(resource)
                    .get("cleanup.policy")
                    .value();
        }
    }
}
