package dev.lockstep.replay;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.verify.DriftByKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rows that changes named, each once, and how many of them are out of step. What a dry run comes to. */
final class Drift {

    private static final int CHUNK = 5000;

    private final Mapping mapping;
    private final Map<TableName, Set<RowKey>> rows = new LinkedHashMap<>();
    private long changes;

    Drift(Mapping mapping) {
        this.mapping = mapping;
    }

    void add(ReplayBatch batch) {
        changes += batch.changes();
        batch.keys()
                .forEach((table, keys) ->
                        rows.computeIfAbsent(table, t -> new HashSet<>()).addAll(keys));
    }

    long changes() {
        return changes;
    }

    long rows() {
        return rows.values().stream().mapToLong(Set::size).sum();
    }

    Map<String, ReplayReport.Table> count(Connection connection, Direction direction) throws SQLException {
        Map<String, ReplayReport.Table> tables = new LinkedHashMap<>();
        for (Map.Entry<TableName, Set<RowKey>> entry : rows.entrySet()) {
            DriftByKey drift =
                    new DriftByKey(mapping, mapping.scoped(entry.getKey()).orElseThrow(), direction);
            List<RowKey> keys = new ArrayList<>(entry.getValue());
            long out = 0;
            for (int i = 0; i < keys.size(); i += CHUNK) {
                out += drift.of(connection, keys.subList(i, Math.min(keys.size(), i + CHUNK)))
                        .size();
            }
            tables.put(entry.getKey().toString(), new ReplayReport.Table(keys.size(), out));
        }
        return tables;
    }
}
