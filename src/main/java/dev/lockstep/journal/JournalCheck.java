package dev.lockstep.journal;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.model.LockstepException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/** Whether the brokers answer and the topic keeps what it has to. Writes nothing. */
public final class JournalCheck {

    private static final String TOPIC = "journal-topic";

    private JournalCheck() {}

    /** @param kafka null for none, which is fine */
    public static List<Finding> all(@Nullable KafkaConfig kafka) throws InterruptedException {
        if (kafka == null) {
            return List.of();
        }
        try (Admin admin = Admin.create(ClientProperties.admin(kafka))) {
            Optional<JournalTopic.Settings> found = new JournalTopic(admin, kafka.journal()).read();
            return found.isPresent()
                    ? judge(kafka.journal(), found.get())
                    : List.of(Finding.info(
                            TOPIC, "there is no topic " + kafka.journal().topic() + " yet", "`lockstep run` makes it"));
        } catch (ExecutionException | KafkaException e) {
            return List.of(unreachable(kafka, e));
        }
    }

    private static Finding unreachable(KafkaConfig kafka, Exception e) {
        String remedy = "while they do not answer, the stream waits and nothing is lost, but WAL piles up;"
                + " mend it, or take kafka out of the configuration";
        try {
            return Finding.error(
                    "journal-broker",
                    "the Kafka brokers at " + kafka.bootstrapServers() + " do not answer: " + Trouble.line(e),
                    remedy);
        } catch (LockstepException wrong) {
            return Finding.error("journal-broker", Objects.toString(wrong.getMessage()), remedy);
        }
    }

    /** Pure. */
    static List<Finding> judge(KafkaConfig.Journal wanted, JournalTopic.Settings found) {
        List<Finding> findings = new ArrayList<>();
        String topic = "topic " + wanted.topic();
        String alter =
                "kafka-configs.sh --alter --entity-type topics --entity-name " + wanted.topic() + " --add-config ";
        if (!found.cleanupPolicy().equals("delete")) {
            findings.add(Finding.error(
                    TOPIC,
                    topic + " has cleanup.policy=" + found.cleanupPolicy() + ": older changes of a row are removed",
                    alter + "cleanup.policy=delete"));
        }
        long retention = wanted.retention().toMillis();
        if (found.retentionMillis() >= 0 && found.retentionMillis() < retention) {
            findings.add(Finding.error(
                    TOPIC,
                    topic + " keeps changes for " + Duration.ofMillis(found.retentionMillis())
                            + ", kafka.journal.retention says " + wanted.retention(),
                    alter + "retention.ms=" + retention));
        }
        if (found.retentionBytes() >= 0) {
            findings.add(Finding.warning(
                    TOPIC,
                    topic + " keeps at most " + found.retentionBytes()
                            + " bytes a partition, which may be less than kafka.journal.retention",
                    alter + "retention.bytes=-1"));
        }
        if (found.partitions() != wanted.partitions()) {
            findings.add(Finding.warning(
                    TOPIC,
                    topic + " has " + found.partitions() + " partitions, kafka.journal.partitions says "
                            + wanted.partitions(),
                    "write kafka.journal.partitions: " + found.partitions()
                            + "; more partitions would part a row's later changes from its earlier ones"));
        }
        if (found.replicas() < 2 || found.inSync() < 2) {
            findings.add(Finding.warning(
                    TOPIC,
                    topic + " has " + found.replicas() + " replicas and min.insync.replicas=" + found.inSync()
                            + ": a change may be acknowledged by one broker alone, and be gone with its disk",
                    "give it three replicas, and " + alter + "min.insync.replicas=2"));
        }
        if (findings.isEmpty()) {
            findings.add(Finding.info(
                    TOPIC,
                    topic + " has " + found.partitions() + " partitions of " + found.replicas() + " replicas each",
                    ""));
        }
        return findings;
    }
}
