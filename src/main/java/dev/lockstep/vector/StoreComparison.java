package dev.lockstep.vector;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.Stamp;
import dev.lockstep.vector.StampPlan.Verdict;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds every point of a store against what the database knows of it. Writes nothing. Not thread-safe; closes its client
 * of the store.
 */
public final class StoreComparison implements AutoCloseable {

    private static final int PAGE = 1000;

    private final Mapping.Store link;
    private final VectorStore store;
    private final FactsReader facts;
    private final StampPlan plan;

    /** @param store used by nobody else; closed with this */
    public StoreComparison(Mapping mapping, Mapping.Store link, VectorStore store) {
        this.link = link;
        this.store = store;
        this.facts = new FactsReader(mapping, link);
        this.plan = new StampPlan(mapping, link);
    }

    /**
     * A point out of step.
     *
     * @param missing its agent or conversation should be there and is not
     * @param message key of the message it names; null when it names none
     * @param version another one when the point, or what it has to carry, has changed
     */
    public record Sighting(boolean missing, @Nullable String message, String version) {}

    /**
     * What a pass over the whole store saw.
     *
     * @param legacy points that carry {@code Source: "legacy"}
     * @param orphaned points that carry {@code Source: "orphan"}
     * @param out those out of step, by id
     */
    public record Seen(long points, long legacy, long orphaned, Map<String, Sighting> out) {

        /** Whether the store's index says the same; points may come and go from one count to the other. */
        public boolean isBetween(Counted before, Counted after) {
            return isBetween(points, before.points(), after.points())
                    && isBetween(legacy, before.legacy(), after.legacy())
                    && isBetween(orphaned, before.orphaned(), after.orphaned());
        }

        private static boolean isBetween(long seen, long before, long after) {
            return Math.min(before, after) <= seen && seen <= Math.max(before, after);
        }
    }

    /**
     * What the store's own index says.
     *
     * @param points how many there are
     */
    public record Counted(long points, long legacy, long orphaned) {}

    public String store() {
        return link.name();
    }

    /** Scrolls through every point, without a filter. */
    public Seen scan(Connection connection) throws SQLException {
        Map<String, Sighting> out = new LinkedHashMap<>();
        long points = 0;
        long legacy = 0;
        long orphaned = 0;
        @Nullable String cursor = null;
        do {
            Page page = store.scroll(new Selection.All(), cursor, PAGE);
            for (Verdict verdict : judge(connection, page.points())) {
                points++;
                legacy += VectorMeaning.LEGACY.equals(verdict.now().source()) ? 1 : 0;
                orphaned += VectorMeaning.ORPHAN.equals(verdict.now().source()) ? 1 : 0;
                add(out, verdict);
            }
            cursor = page.next();
        } while (cursor != null);
        return new Seen(points, legacy, orphaned, out);
    }

    /** Those of the points that are out of step now. */
    public Map<String, Sighting> look(Connection connection, Collection<String> ids) throws SQLException {
        Map<String, Sighting> out = new LinkedHashMap<>();
        List<String> all = List.copyOf(ids);
        for (int i = 0; i < all.size(); i += PAGE) {
            Set<String> some = new HashSet<>(all.subList(i, Math.min(all.size(), i + PAGE)));
            Page page = store.scroll(new Selection.Ids(some), null, PAGE);
            judge(connection, page.points()).forEach(verdict -> add(out, verdict));
        }
        return out;
    }

    /** Asks the store's index for what {@link #scan} counted. */
    public Counted count() {
        String source = link.fields().source();
        return new Counted(
                store.count(new Selection.All()),
                store.count(new Selection.AnyOf(source, Set.of(VectorMeaning.LEGACY))),
                store.count(new Selection.AnyOf(source, Set.of(VectorMeaning.ORPHAN))));
    }

    private List<Verdict> judge(Connection connection, List<Point> points) throws SQLException {
        List<Point> undated = points.stream().map(this::undated).toList();
        return points.isEmpty() ? List.of() : Stamper.judge(connection, link, facts, plan, undated, Set.of());
    }

    /** What a later state has stamped is not written over; wrong it is all the same. */
    private Point undated(Point point) {
        Map<String, Object> payload = new HashMap<>(point.payload());
        payload.remove(link.fields().lsn());
        return new Point(point.id(), payload);
    }

    private void add(Map<String, Sighting> out, Verdict verdict) {
        if (verdict.edit().isPresent()) {
            out.put(
                    verdict.point().id(),
                    new Sighting(
                            missing(verdict.now(), verdict.want()),
                            PointTie.of(link, verdict.point()).message(),
                            verdict.now() + " " + verdict.want()));
        }
    }

    private static boolean missing(Stamp now, Stamp want) {
        return (now.agent() == null && want.agent() != null)
                || (now.conversation() == null && want.conversation() != null);
    }

    @Override
    public void close() {
        store.close();
    }
}
