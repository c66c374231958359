package dev.lockstep.journal;

import dev.lockstep.config.KafkaConfig;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** What Kafka's clients are told. Pure. */
final class ClientProperties {

    private ClientProperties() {}

    /** A client that asks, and is answered or not in ten seconds. */
    static Map<String, Object> admin(KafkaConfig kafka) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, "5000");
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000");
        properties.putAll(kafka.properties());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        return properties;
    }

    /** A client that reads what it is told to, without a group. */
    static Map<String, Object> consumer(KafkaConfig kafka, int rows) {
        Map<String, Object> properties = admin(kafka);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, rows);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false"); // whoever looks makes nothing
        return properties;
    }

    /** Gives up sooner than Kafka's own: whoever waits wants to say so, and begins anew. */
    static Map<String, Object> producer(KafkaConfig kafka) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "10000");
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "20000");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "5000");
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4"); // fast, and without native code where need be
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, "262144");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, "2");
        properties.putAll(kafka.properties());
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        return properties;
    }
}
