package dev.lockstep.verify;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreComparison;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The shadow reads of a store of vectors outside the database: the points of a persona, as the old application finds them,
 * against those of its agent. No point's embedding is read, so it is the points that are compared, not which are nearest.
 * Those whose message is gone are left out of both, for their persona is nobody's any more.
 */
final class StoreReads implements AutoCloseable {

    private static final int EXAMPLES = 10;
    private static final int PAGE = 500;

    /** Of a persona with more points these have to do. */
    private static final int MOST = 5_000;

    private static final int ROUNDS = 10;

    private final String name;
    private final Mapping mapping;
    private final Mapping.Store link;
    private final VectorStore store;
    private final StoreComparison comparison;
    private final StopSignal stop;
    private final List<Long> byPersona = new ArrayList<>();
    private final List<Long> byAgent = new ArrayList<>();

    /** @param store closed by {@link #close} */
    StoreReads(String name, Mapping mapping, Mapping.Store link, VectorStore store, StopSignal stop) {
        this.name = name;
        this.mapping = mapping;
        this.link = link;
        this.store = store;
        this.comparison = new StoreComparison(mapping, link, store);
        this.stop = stop;
    }

    private record Pair(String persona, String agent) {}

    /**
     * Reads the points of so many personas both ways. Of the points by which they differ those count whose stamp is not what the
     * database says; of the others the store has a persona that the message no longer has, and they are only told.
     *
     * @return with the trouble of a store that cannot be read so: then nothing is known of it
     */
    ReadReport.Table run(Connection connection, int most, Brake brake) throws SQLException, InterruptedException {
        try {
            List<Pair> pairs = sample(connection, most);
            Map<String, String> found = new TreeMap<>();
            Duration took = Duration.ZERO;
            for (Pair pair : pairs) {
                brake.step(took);
                long began = System.nanoTime();
                found.putAll(differences(pair));
                took = Duration.ofNanos(System.nanoTime() - began);
            }
            return report(pairs.size(), outOfStep(connection, found.keySet()), found, "");
        } catch (StoreFailure e) {
            return report(0, Set.of(), Map.of(), Objects.toString(e.getMessage(), "the store fails"));
        }
    }

    /** A point that was just written has no stamp yet, so it is looked at again once the stream has passed. */
    private Set<String> outOfStep(Connection connection, Set<String> ids) throws SQLException, InterruptedException {
        StreamWait stream = new StreamWait(name, stop);
        StampWait stamps = new StampWait(name, stop);
        Map<String, StoreComparison.Sighting> out = comparison.look(connection, ids);
        for (int round = 0; round < ROUNDS && !out.isEmpty() && stream.live(connection); round++) {
            stream.passed(connection, ServerEnd.read(connection).lsn());
            stamps.await(connection, link.name(), out.values());
            out = comparison.look(connection, out.keySet());
        }
        return Set.copyOf(out.keySet());
    }

    private ReadReport.Table report(int personas, Set<String> out, Map<String, String> found, String trouble) {
        List<ReadReport.Example> examples = new ArrayList<>();
        found.forEach((id, why) -> {
            if (out.contains(id)) {
                examples.add(new ReadReport.Example(id, why));
            }
        });
        found.forEach((id, why) -> {
            if (!out.contains(id)) {
                examples.add(
                        new ReadReport.Example(id, "in step, but the store's persona is not its message's any more"));
            }
        });
        return new ReadReport.Table(
                link.name(),
                personas,
                byPersona.size(),
                out.size(),
                ReadReport.Millis.of(byPersona),
                ReadReport.Millis.of(byAgent),
                null,
                examples.stream().limit(EXAMPLES).toList(),
                trouble);
    }

    private List<Pair> sample(Connection connection, int most) throws SQLException {
        Mapping.Agents agents = mapping.agents();
        String persona = Sql.quote(agents.persona().name());
        return Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT " + persona + "::text, "
                                + Sql.quote(agents.id().name()) + "::text FROM " + Sql.quote(agents.table()) + " WHERE "
                                + persona + " IS NOT NULL ORDER BY random() LIMIT :most")
                        .bind("most", most)
                        .map((row, ctx) -> new Pair(row.getString(1), row.getString(2)))
                        .list());
    }

    /** Points by id that only one of the two reads gives, each with the reason. */
    private Map<String, String> differences(Pair pair) {
        Map<String, Point> old;
        Map<String, Point> present;
        if (byPersona.size() % 2 == 0) { // whichever comes second finds the pages in memory
            old = timed(link.fields().persona(), pair.persona(), byPersona);
            present = timed(link.fields().agent(), pair.agent(), byAgent);
        } else {
            present = timed(link.fields().agent(), pair.agent(), byAgent);
            old = timed(link.fields().persona(), pair.persona(), byPersona);
        }
        Map<String, String> differing = new TreeMap<>();
        if (old.size() >= MOST || present.size() >= MOST) { // which of them a page holds is the store's to say
            return differing;
        }
        old.forEach((id, point) -> {
            if (!present.containsKey(id)) {
                differing.put(
                        id, point.text(link.fields().agent()) == null ? "missing stamp" : "stamped with another agent");
            }
        });
        present.forEach((id, point) -> {
            if (!old.containsKey(id) && point.text(link.fields().persona()) != null) { // else no old read could find it
                differing.put(id, "is of another persona");
            }
        });
        return differing;
    }

    private Map<String, Point> timed(String field, String value, List<Long> times) {
        long began = System.nanoTime();
        Map<String, Point> points = new LinkedHashMap<>();
        @Nullable String cursor = null;
        do {
            Page page = store.scroll(new Selection.AnyOf(field, Set.of(value)), cursor, PAGE);
            for (Point point : page.points()) {
                if (!VectorMeaning.ORPHAN.equals(point.text(link.fields().source()))) {
                    points.put(point.id(), point);
                }
            }
            cursor = page.next();
        } while (cursor != null && points.size() < MOST);
        times.add(System.nanoTime() - began);
        return points;
    }

    @Override
    public void close() {
        comparison.close();
    }
}
