package dev.lockstep.sync;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Splits rows among lanes: one row always the same lane, so two lanes never want the same row. Pure. */
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
    }

    static List<Map<TableName, Work>> split(Map<TableName, Map<RowKey, BatchPlan.Hint>> rows, int lanes) {
        int total = rows.values().stream().mapToInt(Map::size).sum();
        int used = total <= ALONE ? 1 : lanes;
        List<Map<TableName, Work>> split = new ArrayList<>();
        for (int i = 0; i < used; i++) {
            split.add(new LinkedHashMap<>());
        }
        rows.forEach((table, hints) -> hints.forEach((key, hint) -> {
            Work work = split.get(Math.floorMod(spread(key.hashCode()), used)).computeIfAbsent(table, t -> new Work());
            work.keys().add(key);
            if (hint.persona() == null) {
                work.withoutPersona().add(key);
            }
        }));
        split.removeIf(Map::isEmpty);
        return split;
    }

    private static int spread(int hash) {
        return hash ^ (hash >>> 16) ^ (hash >>> 7);
    }
}
