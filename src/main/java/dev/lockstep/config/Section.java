package dev.lockstep.config;

import java.time.Duration;
import java.time.temporal.TemporalUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A block of keys. A key that is not there takes its default; one that is there has to be right. */
record Section(Place place, Map<String, Node> entries) implements Node {

    Section {
        entries = Map.copyOf(entries);
    }

    static Section empty(Place place) {
        return new Section(place, Map.of());
    }

    @Override
    public String kind() {
        return "a block of keys";
    }

    /** Refuses every key but these; returns itself. */
    Section allow(String... keys) {
        Set<String> known = Set.of(keys);
        entries.entrySet().stream()
                .filter(e -> !known.contains(e.getKey()))
                .map(e -> e.getValue().place())
                .min((a, b) -> Integer.compare(a.line(), b.line()))
                .ifPresent(stranger -> {
                    throw stranger.wrong("is not a known key; " + NearestKey.hint(lastKey(stranger), List.of(keys)));
                });
        return this;
    }

    boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Whether the key is there and says null. */
    boolean isNull(String key) {
        Node node = entries.get(key);
        return node != null && node.isNull();
    }

    /** The block under the key; an empty one when the key is missing or has nothing under it. */
    Section section(String key) {
        Node node = entries.get(key);
        if (node == null || node.isNull()) {
            return empty(placeOf(key));
        }
        if (node instanceof Section section) {
            return section;
        }
        throw node.place().wrong("has to be a block of keys, not " + node.kind());
    }

    /** The blocks of a list; empty when the key is missing. */
    Optional<List<Section>> sections(String key) {
        return Optional.ofNullable(entries.get(key)).map(node -> {
            if (!(node instanceof Listing list)) {
                throw node.place().wrong("has to be a list, not " + node.kind());
            }
            return list.items().stream().map(Section::ofItem).toList();
        });
    }

    Optional<Scalar> scalar(String key) {
        return Optional.ofNullable(entries.get(key)).map(node -> {
            if (node instanceof Scalar scalar) {
                return scalar;
            }
            throw node.place().wrong("has to be a single value, not " + node.kind());
        });
    }

    String text(String key, String otherwise) {
        return scalar(key).map(Scalar::text).orElse(otherwise);
    }

    /** @param remedy what to write there */
    String required(String key, String remedy) {
        return scalar(key)
                .map(Scalar::text)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> placeOf(key).wrong("is missing; " + remedy));
    }

    /** Null where the file says null. */
    @Nullable
    String textOrNull(String key, @Nullable String otherwise) {
        Optional<Scalar> scalar = scalar(key);
        return scalar.isPresent() ? scalar.get().value() : otherwise;
    }

    int integer(String key, int otherwise, int least, int most) {
        return scalar(key).map(s -> s.integer(least, most)).orElse(otherwise);
    }

    /** A whole number of {@code unit}, which the key's own name tells. */
    Duration count(String key, TemporalUnit unit, Duration otherwise, int least, int most) {
        return scalar(key).map(s -> Duration.of(s.integer(least, most), unit)).orElse(otherwise);
    }

    /** Where the key stands, or would stand. */
    Place placeOf(String key) {
        Node node = entries.get(key);
        return node != null ? node.place() : place.key(key, place.line());
    }

    private static Section ofItem(Node node) {
        if (node instanceof Section section) {
            return section;
        }
        throw node.place().wrong("has to be a block of keys, not " + node.kind());
    }

    private static String lastKey(Place place) {
        return place.path().substring(place.path().lastIndexOf('.') + 1);
    }
}
