package dev.lockstep.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code kafka} section. */
final class KafkaSection {

    private static final Pattern SERVERS =
            Pattern.compile("%1$s(,%1$s)*".formatted("\\s*(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}\\s*"));

    private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,236}");

    /** What the promise of a journal without a hole rests on, and what has a key of its own. */
    private static final Set<String> OURS = Set.of(
            "bootstrap.servers",
            "acks",
            "enable.idempotence",
            "max.in.flight.requests.per.connection",
            "transactional.id",
            "key.serializer",
            "value.serializer",
            "key.deserializer",
            "value.deserializer",
            "partitioner.class",
            "partitioner.ignore.keys",
            "auto.offset.reset",
            "enable.auto.commit",
            "group.id");

    private KafkaSection() {}

    /** Null when the key is missing or has nothing under it. */
    static @Nullable KafkaConfig read(Section file, String name) {
        if (ConfigSections.isNothing(file, "kafka")) {
            return null;
        }
        Section kafka = file.section("kafka").allow("bootstrapServers", "journal", "properties");
        String servers = kafka.required("bootstrapServers", "write HOST:9092, or a list of those with commas");
        if (!SERVERS.matcher(servers).matches()) {
            throw kafka.placeOf("bootstrapServers").wrong("has to look like HOST:9092,HOST:9092");
        }
        return new KafkaConfig(
                servers, journal(kafka.section("journal"), name), properties(kafka.section("properties")));
    }

    private static KafkaConfig.Journal journal(Section section, String name) {
        section.allow("topic", "partitions", "retention");
        String topic = section.text("topic", name + ".journal");
        if (!TOPIC.matcher(topic).matches()) {
            throw section.placeOf("topic")
                    .wrong("names a topic: 1 to 236 of a-z, A-Z, 0-9, dot, underscore and hyphen");
        }
        return new KafkaConfig.Journal(
                topic,
                section.integer("partitions", 4, 1, 1000),
                section.scalar("retention")
                        .map(span -> span.span(Duration.ofMinutes(1), Duration.ofDays(3650)))
                        .orElse(Duration.ofDays(7)));
    }

    private static Map<String, String> properties(Section section) {
        Map<String, String> properties = new LinkedHashMap<>();
        for (String key : section.entries().keySet()) {
            if (OURS.contains(key)) {
                throw section.placeOf(key).wrong("is lockstep's to set; remove the key");
            }
            properties.put(key, section.scalar(key).orElseThrow().text());
        }
        return properties;
    }
}
