package dev.lockstep.config;

import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;

/**
 * A Kafka cluster and what is kept there. {@link #toString} leaves the values of the properties out.
 *
 * @param bootstrapServers {@code HOST:PORT,…}
 * @param properties of Kafka's own clients, such as those that log in
 */
public record KafkaConfig(String bootstrapServers, Journal journal, Map<String, String> properties) {

    public KafkaConfig {
        properties = Map.copyOf(properties);
    }

    /**
     * The topic of changes.
     *
     * @param partitions how many it is created with
     * @param retention how far back it reaches
     */
    public record Journal(String topic, int partitions, Duration retention) {}

    @Override
    public String toString() {
        return "KafkaConfig[bootstrapServers=" + bootstrapServers + ", journal=" + journal + ", properties="
                + new TreeSet<>(properties.keySet()) + "]";
    }
}
