package dev.lockstep.testing;

import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/** A collection in this process. The cursor is the id of the last point. */
public final class MemoryStore implements VectorStore {

    /** Collections by name; outlives the stores. Thread-safe. */
    public record Server(Map<String, NavigableMap<String, Point>> collections) {

        public Server() {
            this(new ConcurrentHashMap<>());
        }

        /** Makes the collection if it is not there, and adds points, or replaces them. */
        public void add(String collection, List<Point> points) {
            NavigableMap<String, Point> all =
                    collections.computeIfAbsent(collection, name -> new ConcurrentSkipListMap<>());
            points.forEach(point -> all.put(point.id(), point));
        }
    }

    private final Server server;
    private final String collection;

    public MemoryStore(Server server, String collection) {
        this.server = server;
        this.collection = collection;
    }

    @Override
    public String check() {
        points();
        return "memory";
    }

    @Override
    public Page scroll(Selection which, String cursor, int limit) {
        NavigableMap<String, Point> rest = cursor == null ? points() : points().tailMap(cursor, false);
        List<Point> page = selected(rest, which).limit(limit).toList();
        return new Page(page, page.size() < limit ? null : page.get(limit - 1).id());
    }

    @Override
    public void write(List<Edit> edits) {
        Map<String, Point> points = points();
        for (Edit edit : edits) {
            points.computeIfPresent(edit.id(), (id, point) -> edited(point, edit));
        }
    }

    @Override
    public long count(Selection which) {
        return selected(points(), which).count();
    }

    @Override
    public void close() {}

    private static Stream<Point> selected(Map<String, Point> from, Selection which) {
        return from.values().stream().filter(point -> matches(which, point));
    }

    private static boolean matches(Selection which, Point point) {
        if (which instanceof Selection.Ids ids) {
            return ids.ids().contains(point.id());
        }
        if (which instanceof Selection.AnyOf anyOf) {
            Object value = point.payload().get(anyOf.field());
            return value instanceof Long number
                    ? anyOf.wholeNumbers().contains(number)
                    : value instanceof String && anyOf.values().contains(value);
        }
        return true;
    }

    /** The point after the edit; null takes it away. */
    private static Point edited(Point point, Edit edit) {
        if (edit instanceof Edit.Stamp stamp) {
            Map<String, Object> payload = new HashMap<>(point.payload());
            payload.keySet().removeAll(stamp.unset());
            payload.putAll(stamp.set());
            return new Point(point.id(), payload);
        }
        return null;
    }

    private NavigableMap<String, Point> points() {
        if (Thread.currentThread().isInterrupted()) {
            throw new StoreFailure("memory was not asked: interrupted", null);
        }
        NavigableMap<String, Point> points = server.collections().get(collection);
        if (points == null) {
            throw new StoreFailure("memory has no collection " + collection, null);
        }
        return points;
    }
}
