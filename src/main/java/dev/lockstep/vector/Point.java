package dev.lockstep.vector;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A point of a store: an embedding, here without it.
 *
 * @param id as text, also where the store has numbers
 * @param payload its metadata: {@link String}, {@link Long}, {@link Double} or {@link Boolean}. Keys with null, and values of
 *     other shapes, are left out
 */
public record Point(String id, Map<String, Object> payload) {

    public Point {
        payload = Map.copyOf(payload);
    }

    /** A value as text; null when it is not there. */
    public @Nullable String text(String field) {
        Object value = payload.get(field);
        return value == null ? null : value.toString();
    }
}
