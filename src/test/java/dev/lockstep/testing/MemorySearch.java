package dev.lockstep.testing;

import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorSearch;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** A search of embeddings in this process, by the angle between them. */
public final class MemorySearch implements VectorSearch {

    /** A point with its embedding. */
    public record Embedded(Point point, List<Float> embedding) {}

    private final Map<String, List<Embedded>> collections;
    private final String collection;

    public MemorySearch(Map<String, List<Embedded>> collections, String collection) {
        this.collections = collections;
        this.collection = collection;
    }

    @Override
    public List<Point> nearest(float[] query, Selection.AnyOf among, Selection.AnyOf without, int limit) {
        if (Thread.currentThread().isInterrupted()) {
            throw new StoreFailure("memory was not asked: interrupted", null);
        }
        if (!collections.containsKey(collection)) {
            throw new StoreFailure("memory has no collection " + collection, null);
        }
        return collections.get(collection).stream()
                .filter(one -> is(one.point(), among) && !is(one.point(), without))
                .sorted(Comparator.comparingDouble(one -> angle(query, one.embedding())))
                .limit(limit)
                .map(Embedded::point)
                .toList();
    }

    @Override
    public void close() {}

    private static boolean is(Point point, Selection.AnyOf which) {
        String text = point.text(which.field());
        return text != null && which.values().contains(text);
    }

    private static double angle(float[] a, List<Float> b) {
        double dot = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b.get(i);
            ofA += a[i] * a[i];
            ofB += b.get(i) * b.get(i);
        }
        return Math.acos(Math.max(-1, Math.min(1, dot / Math.sqrt(ofA) / Math.sqrt(ofB))));
    }
}
