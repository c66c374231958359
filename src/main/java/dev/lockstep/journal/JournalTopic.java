package dev.lockstep.journal;

import dev.lockstep.config.KafkaConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topic itself. One that is there is never changed. */
final class JournalTopic {

    private static final Logger log = LoggerFactory.getLogger(JournalTopic.class);

    /** How a topic is set up. */
    record Settings(
            int partitions,
            int replicas,
            int inSync,
            long retentionMillis,
            long retentionBytes,
            String cleanupPolicy) {}

    private final Admin admin;
    private final KafkaConfig.Journal wanted;

    JournalTopic(Admin admin, KafkaConfig.Journal wanted) {
        this.admin = admin;
        this.wanted = wanted;
    }

    /** Empty when there is no such topic. */
    Optional<Settings> read() throws ExecutionException, InterruptedException {
        TopicDescription topic;
        try {
            topic = one(admin.describeTopics(List.of(wanted.topic())).allTopicNames());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw e;
        }
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, wanted.topic());
        Config config = one(admin.describeConfigs(List.of(resource)).all());
        return Optional.of(new Settings(
                topic.partitions().size(),
                topic.partitions().stream()
                        .mapToInt(p -> p.replicas().size())
                        .min()
                        .orElse(0),
                Integer.parseInt(
                        config.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG).value()),
                Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value()),
                Long.parseLong(config.get(TopicConfig.RETENTION_BYTES_CONFIG).value()),
                config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value()));
    }

    private static <T> T one(KafkaFuture<? extends Map<?, T>> answers) throws ExecutionException, InterruptedException {
        return answers.get().values().iterator().next();
    }

    /** Creates it if it is absent, with as many replicas as the cluster gives a topic. */
    void ensure() throws ExecutionException, InterruptedException {
        ensure(Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(wanted.retention().toMillis()),
                TopicConfig.RETENTION_BYTES_CONFIG,
                "-1",
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE));
    }

    /** The same, for a topic of which the last record of each key is kept. */
    void ensureCompacted() throws ExecutionException, InterruptedException {
        ensure(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    }

    private void ensure(Map<String, String> settings) throws ExecutionException, InterruptedException {
        if (read().isPresent()) {
            return;
        }
        NewTopic topic = new NewTopic(wanted.topic(), Optional.of(wanted.partitions()), Optional.empty());
        try {
            admin.createTopics(List.of(topic.configs(settings))).all().get();
            log.info("made the topic {} with {} partitions", wanted.topic(), wanted.partitions());
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
            log.debug("somebody made {} at the same time", wanted.topic());
        }
    }
}
