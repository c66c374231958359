package dev.lockstep.connect;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets that must not be passed because a writer still holds the row that a record names. Not thread-safe.
 */
final class HeldOffsets {

    private record Row(TableName table, RowKey key) {}

    private final Map<Row, Map<TopicPartition, Long>> holds = new HashMap<>();

    /** After a batch, or a retry of held rows: what waits now, and what was in the batch. */
    void update(Map<TableName, List<RowKey>> held, List<Arrived> batch) {
        Set<Row> waiting = new HashSet<>();
        held.forEach((table, keys) -> keys.forEach(key -> waiting.add(new Row(table, key))));
        holds.keySet().retainAll(waiting);
        waiting.removeAll(holds.keySet());
        if (waiting.isEmpty() || batch.isEmpty()) {
            return;
        }
        Map<Row, Map<TopicPartition, Long>> named = new HashMap<>();
        Map<TopicPartition, Long> first = new HashMap<>();
        for (Arrived arrived : batch) {
            first.merge(arrived.partition(), arrived.offset(), Math::min);
            named.computeIfAbsent(
                            new Row(arrived.change().table(), arrived.change().key()), row -> new HashMap<>())
                    .merge(arrived.partition(), arrived.offset(), Math::min);
        }
        // a row that no record names follows a changed agent: any of them may be its
        waiting.forEach(row -> holds.put(row, named.getOrDefault(row, first)));
    }

    /** Partitions that somebody else reads from now on. */
    void forget(Collection<TopicPartition> partitions) {
        Set<TopicPartition> gone = Set.copyOf(partitions);
        holds.replaceAll((row, offsets) -> {
            Map<TopicPartition, Long> kept = new HashMap<>(offsets);
            kept.keySet().removeAll(gone);
            return kept;
        });
        holds.values().removeIf(Map::isEmpty);
    }

    /** What may be committed of {@code delivered}. */
    Map<TopicPartition, OffsetAndMetadata> safe(Map<TopicPartition, OffsetAndMetadata> delivered) {
        Map<TopicPartition, OffsetAndMetadata> safe = new HashMap<>(delivered);
        for (Map<TopicPartition, Long> offsets : holds.values()) {
            offsets.forEach((partition, offset) -> safe.computeIfPresent(
                    partition, (p, at) -> at.offset() <= offset ? at : new OffsetAndMetadata(offset)));
        }
        return safe;
    }
}
