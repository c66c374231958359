package dev.lockstep.journal;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.LockstepException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the journal, each partition in order; joins no group and stores no offset. When the brokers do not answer
 * {@link #poll} returns nothing, and the others fail with a {@link LockstepException}. Not thread-safe.
 */
public final class JournalReader implements AutoCloseable {

    private static final Duration PAGE = Duration.ofSeconds(10);

    private final String topic;
    private final Consumer<byte[], byte[]> consumer;

    private JournalReader(String topic, Consumer<byte[], byte[]> consumer) {
        this.topic = topic;
        this.consumer = consumer;
    }

    /** What is kept of a partition: offsets from {@code begin} to before {@code end}. */
    public record Range(long begin, long end) {}

    /** @param rows how many records come at once at most */
    public static JournalReader open(KafkaConfig kafka, int rows) {
        try {
            return new JournalReader(
                    kafka.journal().topic(),
                    new KafkaConsumer<>(
                            ClientProperties.consumer(kafka, rows),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer()));
        } catch (KafkaException e) {
            throw unreadable(kafka.journal().topic(), e);
        }
    }

    public String topic() {
        return topic;
    }

    /**
     * What is kept, by partition.
     *
     * @throws LockstepException when there is no such topic, too
     */
    public SortedMap<Integer, Range> ranges() {
        try {
            List<PartitionInfo> infos = consumer.partitionsFor(topic);
            if (infos == null || infos.isEmpty()) {
                throw LockstepException.wrongInput("there is no journal: no topic " + topic + " on the brokers");
            }
            List<TopicPartition> partitions =
                    infos.stream().map(info -> of(info.partition())).toList();
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            SortedMap<Integer, Range> ranges = new TreeMap<>();
            begins.forEach((p, begin) -> ranges.put(p.partition(), new Range(begin, ends.getOrDefault(p, begin))));
            return ranges;
        } catch (KafkaException e) {
            throw unreadable(topic, e);
        }
    }

    /** Where the records begin that were sent at a time or later; whatever was sent late stands behind it, too. */
    public JournalOffsets sentSince(Instant time, SortedMap<Integer, Range> ranges) {
        try {
            Map<TopicPartition, Long> asked = new HashMap<>();
            ranges.keySet().forEach(partition -> asked.put(of(partition), time.toEpochMilli()));
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
            SortedMap<Integer, Long> next = new TreeMap<>();
            ranges.forEach((partition, range) -> {
                OffsetAndTimestamp at = found.get(of(partition));
                next.put(partition, at == null ? range.end() : at.offset());
            });
            return new JournalOffsets(next);
        } catch (KafkaException e) {
            throw unreadable(topic, e);
        }
    }

    /** The first record of the partition of which it holds; null when there is none. */
    public @Nullable JournalRecord head(int partition, Range kept, Predicate<JournalRecord> which)
            throws InterruptedException {
        for (long offset = kept.begin(); offset < kept.end(); ) {
            for (JournalEntry entry : page(partition, offset)) {
                if (which.test(entry.change())) {
                    return entry.change();
                }
                offset = entry.offset() + 1;
            }
        }
        return null;
    }

    /** From now on only these partitions are read, and from there. */
    public void seek(JournalOffsets from) {
        consumer.assign(from.next().keySet().stream().map(this::of).toList());
        from.next().forEach((partition, offset) -> consumer.seek(of(partition), offset));
    }

    /** The next records, some of them or none. */
    public List<JournalEntry> poll(Duration patience) throws InterruptedException {
        try {
            List<JournalEntry> entries = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
                entries.add(entry(record));
            }
            return entries;
        } catch (InterruptException e) {
            Thread.interrupted(); // Kafka sets it and throws, too
            throw new InterruptedException("stopped");
        } catch (OffsetOutOfRangeException e) {
            throw LockstepException.notDone(
                    "the brokers have dropped what was to be read of " + topic + " next: " + e.partitions(), e);
        } catch (KafkaException e) {
            throw unreadable(topic, e);
        }
    }

    /** Where {@link #poll} goes on. */
    public JournalOffsets at() {
        SortedMap<Integer, Long> next = new TreeMap<>();
        consumer.assignment().forEach(p -> next.put(p.partition(), consumer.position(p)));
        return new JournalOffsets(next);
    }

    /** Some records of a partition from an offset on, which is before its end. */
    private List<JournalEntry> page(int partition, long offset) throws InterruptedException {
        seek(new JournalOffsets(new TreeMap<>(Map.of(partition, offset))));
        long until = System.nanoTime() + PAGE.toNanos();
        while (System.nanoTime() < until) {
            List<JournalEntry> entries = poll(Duration.ofMillis(500));
            if (!entries.isEmpty()) {
                return entries;
            }
        }
        throw LockstepException.notDone(topic + " " + partition + ":" + offset + " does not come", null);
    }

    private JournalEntry entry(ConsumerRecord<byte[], byte[]> record) {
        try {
            return new JournalEntry(record.partition(), record.offset(), JournalRecord.read(record.value()));
        } catch (IllegalArgumentException e) {
            throw LockstepException.notDone(
                    topic + " " + record.partition() + ":" + record.offset() + " is no record of this journal: "
                            + e.getMessage(),
                    e);
        }
    }

    private TopicPartition of(int partition) {
        return new TopicPartition(topic, partition);
    }

    private static LockstepException unreadable(String topic, KafkaException e) {
        return LockstepException.notDone(topic + " cannot be read: " + Trouble.line(e), e);
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }
}
