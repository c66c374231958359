package dev.lockstep.sync;

import dev.lockstep.derive.RowDeriver;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one lane's transaction did, by table. */
record LaneOutcome(
        Map<TableName, Long> written,
        Map<TableName, List<RowKey>> held,
        Map<TableName, List<RowKey>> setAside,
        Map<TableName, List<RowKey>> orphans) {

    LaneOutcome() {
        this(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    void add(TableName table, RowDeriver.Outcome outcome) {
        if (outcome.written() > 0) {
            written.merge(table, outcome.written(), Long::sum);
        }
        put(held, table, outcome.held());
        put(setAside, table, outcome.setAside());
        put(orphans, table, outcome.orphans());
    }

    long total() {
        return written.values().stream().mapToLong(Long::longValue).sum();
    }

    private static void put(Map<TableName, List<RowKey>> map, TableName table, List<RowKey> keys) {
        if (!keys.isEmpty()) {
            map.put(table, keys);
        }
    }
}
