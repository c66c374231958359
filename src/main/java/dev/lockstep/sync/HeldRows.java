package dev.lockstep.sync;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows that a writer holds, each with the oldest batch that named it. Not thread-safe. */
final class HeldRows {

    private final Map<TableName, Map<RowKey, Long>> batchByRow = new LinkedHashMap<>();

    void hold(TableName table, Collection<RowKey> keys, long batch) {
        Map<RowKey, Long> rows = batchByRow.computeIfAbsent(table, t -> new LinkedHashMap<>());
        keys.forEach(key -> rows.merge(key, batch, Math::min));
    }

    void done(TableName table, Collection<RowKey> keys) {
        Map<RowKey, Long> rows = batchByRow.get(table);
        if (rows != null) {
            keys.forEach(rows::remove);
        }
    }

    void clear(TableName table) {
        batchByRow.remove(table);
    }

    boolean contains(TableName table, RowKey key) {
        Map<RowKey, Long> rows = batchByRow.get(table);
        return rows != null && rows.containsKey(key);
    }

    List<RowKey> of(TableName table) {
        Map<RowKey, Long> rows = batchByRow.get(table);
        return rows == null ? List.of() : List.copyOf(rows.keySet());
    }

    int size() {
        return batchByRow.values().stream().mapToInt(Map::size).sum();
    }

    /** The oldest batch with a waiting row; {@link Long#MAX_VALUE} when none waits. */
    long oldestBatch() {
        return batchByRow.values().stream()
                .flatMap(rows -> rows.values().stream())
                .mapToLong(Long::longValue)
                .min()
                .orElse(Long.MAX_VALUE);
    }
}
