package dev.lockstep.sync;

import dev.lockstep.derive.RowDeriver;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one lane's transaction did, by table. */
record LaneOutcome(
        Map<TableName, Long> written, Map<TableName, List<RowKey>> held, Map<TableName, List<RowKey>> setAside) {

    LaneOutcome() {
        this(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    void wrote(TableName table, long rows) {
        if (rows > 0) {
            written.merge(table, rows, Long::sum);
        }
    }

    void add(TableName table, RowDeriver.Outcome outcome) {
        wrote(table, outcome.written());
        if (!outcome.held().isEmpty()) {
            held.put(table, outcome.held());
        }
        if (!outcome.setAside().isEmpty()) {
            setAside.put(table, outcome.setAside());
        }
    }

    long total() {
        return written.values().stream().mapToLong(Long::longValue).sum();
    }
}
