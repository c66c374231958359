package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.model.Finding.Severity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JournalCheckTest {

    private static final KafkaConfig.Journal WANTED = new KafkaConfig.Journal("changes", 4, Duration.ofDays(7));
    private static final long WEEK = Duration.ofDays(7).toMillis();

    private static List<Finding> judge(int partitions, long retention, long bytes, String policy) {
        return JournalCheck.judge(WANTED, new JournalTopic.Settings(partitions, 3, 2, retention, bytes, policy));
    }

    @Test
    void asWanted() {
        Finding fine = Finding.info("journal-topic", "topic changes has 4 partitions of 3 replicas each", "");
        assertThat(judge(4, WEEK, -1, "delete")).containsExactly(fine);
        assertThat(judge(4, -1, -1, "delete")).containsExactly(fine);
        assertThat(judge(4, 2 * WEEK, -1, "delete")).containsExactly(fine);
    }

    @Test
    void whatOneBrokerMayLoseIsWarnedOf() {
        for (JournalTopic.Settings few : List.of(
                new JournalTopic.Settings(4, 1, 1, WEEK, -1, "delete"),
                new JournalTopic.Settings(4, 3, 1, WEEK, -1, "delete"))) {
            assertThat(JournalCheck.judge(WANTED, few))
                    .extracting(Finding::severity)
                    .containsExactly(Severity.WARNING);
        }
    }

    @Test
    void everyWrongSettingIsFound() {
        assertThat(judge(3, WEEK - 1, 1000, "compact,delete"))
                .extracting(Finding::severity, Finding::remedy)
                .containsExactly(
                        tuple(
                                Severity.ERROR,
                                "kafka-configs.sh --alter --entity-type topics --entity-name changes"
                                        + " --add-config cleanup.policy=delete"),
                        tuple(
                                Severity.ERROR,
                                "kafka-configs.sh --alter --entity-type topics --entity-name changes"
                                        + " --add-config retention.ms=604800000"),
                        tuple(
                                Severity.WARNING,
                                "kafka-configs.sh --alter --entity-type topics --entity-name changes"
                                        + " --add-config retention.bytes=-1"),
                        tuple(
                                Severity.WARNING,
                                "write kafka.journal.partitions: 3; more partitions would part a row's later changes"
                                        + " from its earlier ones"));
    }

    @Test
    void withoutKafkaThereIsNothingToSay() throws Exception {
        assertThat(JournalCheck.all(null)).isEmpty();
    }

    @Test
    void aPropertyThatKafkaRefusesIsNamedWithoutItsValue() throws Exception {
        KafkaConfig kafka =
                new KafkaConfig("127.0.0.1:1", WANTED, Map.of("metrics.num.samples", "hunter2", "client.id", "x"));
        assertThat(JournalCheck.all(kafka)).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThat(finding.message()).contains("metrics.num.samples").doesNotContain("hunter2");
        });
    }
}
