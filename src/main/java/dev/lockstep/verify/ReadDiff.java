package dev.lockstep.verify;

import dev.lockstep.model.RowKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where a read by persona and the same read by agent differ, and why. Pure. */
final class ReadDiff {

    private ReadDiff() {}

    /** How a row was read. */
    enum Seen {
        IN_ANOTHER_PLACE,
        BY_AGENT_ALONE,
        BY_PERSONA_ALONE;

        /** Of two reads: that a row is lost says more than that a stranger has it. */
        Seen worse(Seen other) {
            return compareTo(other) < 0 ? other : this;
        }
    }

    /**
     * What a row says of itself.
     *
     * @param stamped whether it has an agent
     * @param ofPersona whether that is an agent of its persona
     * @param inStep whether the agent is the one that the row has to have
     */
    record Facts(boolean stamped, boolean ofPersona, boolean inStep, String version) {}

    /** Rows that only one of the two gave, and those that are not in the same place among the rows that both gave. */
    static Map<RowKey, Seen> between(List<RowKey> byPersona, List<RowKey> byAgent) {
        Map<RowKey, Seen> rows = new LinkedHashMap<>();
        List<RowKey> both = common(byPersona, byAgent);
        List<RowKey> order = common(byAgent, byPersona);
        byPersona.forEach(key -> rows.put(key, Seen.BY_PERSONA_ALONE));
        byAgent.forEach(key -> rows.putIfAbsent(key, Seen.BY_AGENT_ALONE));
        for (int i = 0; i < both.size(); i++) {
            if (both.get(i).equals(order.get(i))) {
                rows.remove(both.get(i));
            } else {
                rows.put(both.get(i), Seen.IN_ANOTHER_PLACE);
            }
        }
        return rows;
    }

    private static List<RowKey> common(List<RowKey> rows, List<RowKey> others) {
        Set<RowKey> common = new LinkedHashSet<>(rows);
        common.retainAll(Set.copyOf(others));
        return new ArrayList<>(common);
    }

    /** Empty when nothing is wrong with the row: it has no room among the newest because of another one. */
    static Optional<String> why(Seen seen, Facts facts) {
        return switch (seen) {
            case IN_ANOTHER_PLACE -> Optional.of("another order");
            case BY_AGENT_ALONE -> facts.inStep() ? Optional.empty() : Optional.of("other persona");
            case BY_PERSONA_ALONE -> facts.inStep() ? Optional.empty() : Optional.of(why(facts));
        };
    }

    private static String why(Facts facts) {
        if (!facts.stamped()) {
            return "missing stamp";
        }
        return facts.ofPersona() ? "duplicate agent" : "other agent";
    }
}
