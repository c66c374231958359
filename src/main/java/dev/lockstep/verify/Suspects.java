package dev.lockstep.verify;

import dev.lockstep.model.RowKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of one table that were seen out of step. A row counts only when the very same version of it is still out of step
 * after the stream has passed the moment at which it was seen: a row that changed meanwhile is on its way. Pure; not
 * thread-safe.
 */
final class Suspects {

    /** How one version of a row was out of step. */
    record Sighting(boolean missing, boolean wrong, boolean hashWrong, String version) {}

    private Map<RowKey, Sighting> waiting;
    private final Map<RowKey, Sighting> confirmed = new LinkedHashMap<>();

    Suspects(Map<RowKey, Sighting> seen) {
        this.waiting = new LinkedHashMap<>(seen);
    }

    List<RowKey> waiting() {
        return List.copyOf(waiting.keySet());
    }

    /** Those of the waiting rows that are still out of step now, after the stream has passed the last look. */
    void look(Map<RowKey, Sighting> now) {
        Map<RowKey, Sighting> changed = new LinkedHashMap<>();
        now.forEach((key, sighting) -> {
            Sighting before = waiting.get(key);
            if (before != null && before.version().equals(sighting.version())) {
                confirmed.put(key, sighting);
            } else {
                changed.put(key, sighting);
            }
        });
        waiting = changed;
    }

    /** Nobody streams: what was seen is what there is. */
    void confirmAll() {
        confirmed.putAll(waiting);
        waiting = Map.of();
    }

    List<RowKey> confirmed() {
        return new ArrayList<>(confirmed.keySet());
    }

    long missing() {
        return confirmed.values().stream().filter(Sighting::missing).count();
    }

    long wrong() {
        return confirmed.values().stream().filter(Sighting::wrong).count();
    }

    long hashWrong() {
        return confirmed.values().stream().filter(Sighting::hashWrong).count();
    }
}
