package dev.lockstep.sync;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Splits the rows of one batch among lanes. A batch names a row once and is over before the next one begins, so two
 * lanes never want the same row. Each lane gets a stretch of neighbours in commit order: what one transaction wrote stands
 * together on disk, and two lanes that wrote to the same pages would wait for each other. Pure.
 */
final class Lanes {

    /** Up to so many rows one lane does alone: a second commit would cost more than it saves. */
    static final int ALONE = 256;

    private Lanes() {}

    /**
     * Rows of one lane.
     *
     * @param keys all of them
     * @param withoutPersona those that may have a NULL persona
     */
    record Work(List<RowKey> keys, List<RowKey> withoutPersona) {

        Work() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        private void add(RowKey key, BatchPlan.Hint hint) {
            keys.add(key);
            if (hint.persona() == null) {
                withoutPersona.add(key);
            }
        }
    }

    static List<Map<TableName, Work>> split(Map<TableName, Map<RowKey, BatchPlan.Hint>> rows, int lanes) {
        int total = rows.values().stream().mapToInt(Map::size).sum();
        int used = total <= ALONE ? 1 : lanes;
        List<Map<TableName, Work>> split = new ArrayList<>();
        for (int i = 0; i < used; i++) {
            split.add(new LinkedHashMap<>());
        }
        int next = 0;
        for (Map.Entry<TableName, Map<RowKey, BatchPlan.Hint>> table : rows.entrySet()) {
            for (Map.Entry<RowKey, BatchPlan.Hint> row : table.getValue().entrySet()) {
                int lane = (int) ((long) next * used / total);
                next++;
                split.get(lane).computeIfAbsent(table.getKey(), t -> new Work()).add(row.getKey(), row.getValue());
            }
        }
        split.removeIf(Map::isEmpty);
        return split;
    }
}
