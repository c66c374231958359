package dev.lockstep.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation remembers: first what belongs to it, then what belongs to its agent, then, for rows that may not be
 * in step yet, what belongs to its persona. Pure; the function that {@code expand} makes in the database gives the same
 * rows in the same order.
 *
 * @param <V> ids as the store holds them
 * @param conversation null: nothing is asked of a conversation
 * @param agent null: nothing is asked of an agent
 * @param persona the last fallback; null once every row is in step
 * @param k how many hits at most
 */
public record Recall<V>(
        @Nullable V conversation,
        @Nullable V agent,
        @Nullable V persona,
        int k) {

    public Recall {
        if (k < 1) {
            throw new IllegalArgumentException("k has to be at least 1, not " + k);
        }
    }

    /** What a step holds its value against. */
    public enum Field {
        CONVERSATION,
        AGENT,
        PERSONA
    }

    /** Hits whose {@code field} is {@code value}. */
    public record Step<V>(Field field, V value) {}

    /** A store's search. */
    @FunctionalInterface
    public interface Search<V, H, E extends Exception> {

        /** The best hits of {@code step}, best first, {@code limit} at most; orphans are no hits. */
        List<H> search(Step<V> step, int limit) throws E;
    }

    /** The searches, in order. */
    public List<Step<V>> steps() {
        List<Step<V>> steps = new ArrayList<>();
        add(steps, Field.CONVERSATION, conversation);
        add(steps, Field.AGENT, agent);
        add(steps, Field.PERSONA, persona);
        return List.copyOf(steps);
    }

    private static <V> void add(List<Step<V>> steps, Field field, @Nullable V value) {
        if (value != null) {
            steps.add(new Step<>(field, value));
        }
    }

    /**
     * The hits, best first, none twice. A step is searched only while hits are wanting. Each asks for k hits: those of
     * them that were seen before are no more than those found before, so enough are left.
     *
     * @param id what makes two hits the same
     */
    public <H, E extends Exception> List<H> hits(Search<V, H, E> search, Function<? super H, ?> id) throws E {
        Map<Object, H> hits = new LinkedHashMap<>();
        for (Step<V> step : steps()) {
            if (hits.size() >= k) {
                break;
            }
            for (H hit : search.search(step, k)) {
                hits.putIfAbsent(id.apply(hit), hit);
            }
        }
        return hits.values().stream().limit(k).toList();
    }
}
