package dev.lockstep.vector.postgres;

import dev.lockstep.vector.Edit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The columns that a stamp writes: stamps of one shape are one statement. */
record StampShape(List<String> set, List<String> unset) {

    static Map<StampShape, List<Edit.Stamp>> group(List<Edit> edits) {
        Map<StampShape, List<Edit.Stamp>> groups = new LinkedHashMap<>();
        for (Edit edit : edits) {
            if (edit instanceof Edit.Stamp stamp) {
                StampShape shape = of(stamp);
                if (!shape.columns().isEmpty()) {
                    groups.computeIfAbsent(shape, same -> new ArrayList<>()).add(stamp);
                }
            }
        }
        return groups;
    }

    private static StampShape of(Edit.Stamp stamp) {
        TreeSet<String> unset = new TreeSet<>(stamp.unset());
        unset.removeAll(stamp.set().keySet());
        return new StampShape(List.copyOf(new TreeSet<>(stamp.set().keySet())), List.copyOf(unset));
    }

    List<String> columns() {
        List<String> columns = new ArrayList<>(set);
        columns.addAll(unset);
        return columns;
    }
}
