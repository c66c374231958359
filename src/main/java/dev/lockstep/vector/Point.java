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

    private static final double LARGEST_EXACT = 1L << 53;

    public Point {
        payload = Map.copyOf(payload);
    }

    /** A value as text; null when it is not there. A whole number is one, also where the store has it as a fraction. */
    public @Nullable String text(String field) {
        Object value = payload.get(field);
        if (value instanceof Double number && number == Math.rint(number) && Math.abs(number) <= LARGEST_EXACT) {
            return Long.toString(number.longValue());
        }
        return value == null ? null : value.toString();
    }
}
