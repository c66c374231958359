package dev.lockstep.vector;

import java.util.Map;
import java.util.Set;

/** A change of one point. */
public sealed interface Edit {

    /** The point's id, as text. */
    String id();

    /**
     * Sets and takes away keys of its payload; all others stay, and so do its embedding and document.
     *
     * @param set {@link String} or {@link Long} by key
     * @param unset keys that are not to be there
     */
    record Stamp(String id, Map<String, Object> set, Set<String> unset) implements Edit {

        public Stamp {
            set = Map.copyOf(set);
            unset = Set.copyOf(unset);
        }
    }

    /** Takes the point away. */
    record Removal(String id) implements Edit {}
}
