package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class BrokerIT {

    private static final StringSerializer OUT = new StringSerializer();
    private static final StringDeserializer IN = new StringDeserializer();

    /** Producers reconnect by themselves, and what was acknowledged before is still there. */
    @Test
    void itComesBackOnTheSamePortWithItsData() throws Exception {
        try (Broker broker = Broker.start();
                KafkaProducer<String, String> producer =
                        new KafkaProducer<>(Map.of("bootstrap.servers", broker.servers()), OUT, OUT);
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers", broker.servers(),
                                "group.id", "test",
                                "auto.offset.reset", "earliest"),
                        IN,
                        IN)) {
            consumer.subscribe(List.of("words"));
            producer.send(new ProducerRecord<>("words", "before")).get();
            broker.goAway();
            broker.comeBack();
            producer.send(new ProducerRecord<>("words", "after")).get();
            List<String> read = new ArrayList<>();
            Await.until("all is read", () -> {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
                    read.add(each.value());
                }
                return read.size() >= 2;
            });
            assertThat(read).containsExactly("before", "after");
        }
    }
}
