package dev.lockstep.sync;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows that a writer holds, each with the oldest batch that named it and its first commit. Not thread-safe. */
final class HeldRows {

    private final Map<TableName, Map<RowKey, Long>> batchByRow = new LinkedHashMap<>();
    private final Map<TableName, Map<RowKey, Instant>> commitByRow = new HashMap<>();

    void hold(TableName table, Collection<RowKey> keys, long batch) {
        Map<RowKey, Long> rows = batchByRow.computeIfAbsent(table, t -> new LinkedHashMap<>());
        keys.forEach(key -> rows.merge(key, batch, Math::min));
    }

    /** When a change of a held row was committed; the first counts. */
    void committed(TableName table, RowKey key, Instant commit) {
        commitByRow.computeIfAbsent(table, t -> new HashMap<>()).putIfAbsent(key, commit);
    }

    /** Returns the commits by which they were held, of those for which one was told. */
    List<Instant> done(TableName table, Collection<RowKey> keys) {
        Map<RowKey, Long> rows = batchByRow.getOrDefault(table, new HashMap<>());
        Map<RowKey, Instant> commits = commitByRow.getOrDefault(table, new HashMap<>());
        List<Instant> done = new ArrayList<>();
        for (RowKey key : keys) {
            rows.remove(key);
            Instant commit = commits.remove(key);
            if (commit != null) {
                done.add(commit);
            }
        }
        return done;
    }

    void clear(TableName table) {
        batchByRow.remove(table);
        commitByRow.remove(table);
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
