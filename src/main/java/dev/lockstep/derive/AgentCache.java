package dev.lockstep.derive;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Which agent a persona has, as far as known; only ever saves work. Ids are as the server prints them. Thread-safe. */
public final class AgentCache {

    private static final int LIMIT = 200_000;

    private final Map<String, String> agentByPersona = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > LIMIT;
        }
    };

    public synchronized Optional<String> agentOf(String persona) {
        return Optional.ofNullable(agentByPersona.get(persona));
    }

    public synchronized void put(String persona, String agent) {
        agentByPersona.put(persona, agent);
    }

    /** Some agent changed: forget everything. */
    public synchronized void clear() {
        agentByPersona.clear();
    }
}
