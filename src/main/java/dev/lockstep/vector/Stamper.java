package dev.lockstep.vector;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.model.StampedAt;
import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.vector.StampPlan.Verdict;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings points in step. A store cannot shut out a process that was replaced; so each write comes right behind a look at
 * the fence, and never later than a moment after the points were judged. What slips through is mended by the sweep that
 * follows every change of epoch.
 *
 * <p>Not thread-safe.
 */
final class Stamper {

    /** A process that was frozen for longer looks at the points again before it writes. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Mapping.Store link;
    private final FactsReader facts;
    private final StampPlan plan;
    private final VectorStore store;
    private final EditWriter writer;
    private final WriteSession session;

    Stamper(Mapping mapping, Mapping.Store link, VectorStore store, WriteSession session) {
        this.link = link;
        this.facts = new FactsReader(mapping, link);
        this.plan = new StampPlan(mapping, link);
        this.store = store;
        this.writer = new EditWriter(store);
        this.session = session;
    }

    /**
     * Writes what is out of step.
     *
     * @param points as they were read a moment ago
     * @param deleted keys of messages that were seen to be deleted
     * @return what each had to carry, and what was written
     */
    List<Verdict> bring(List<Point> points, Set<String> deleted) throws SQLException {
        List<Point> now = points;
        while (true) {
            List<Verdict> verdicts = fenced(now, deleted);
            long judged = System.nanoTime();
            List<Edit> edits = verdicts.stream().flatMap(v -> v.edit().stream()).toList();
            if (edits.isEmpty()) {
                return verdicts;
            }
            session.begin();
            session.commit();
            if (System.nanoTime() - judged < FRESH.toNanos()) {
                Set<String> refused = writer.write(edits);
                return verdicts.stream()
                        .map(verdict -> refused.contains(verdict.point().id()) ? verdict.unwritten() : verdict)
                        .toList();
            }
            now = store.scroll(
                            new Selection.Ids(points.stream().map(Point::id).collect(Collectors.toSet())),
                            null,
                            points.size())
                    .points();
        }
    }

    private List<Verdict> fenced(List<Point> points, Set<String> deleted) throws SQLException {
        session.begin();
        List<Verdict> verdicts = judge(session.connection(), link, facts, plan, points, deleted);
        session.commit();
        return verdicts;
    }

    /** What each point has to carry; nothing is written. */
    static List<Verdict> judge(
            Connection connection,
            Mapping.Store link,
            FactsReader facts,
            StampPlan plan,
            List<Point> points,
            Set<String> deleted)
            throws SQLException {
        Position end = ServerEnd.read(connection);
        StampedAt at = new StampedAt(end.systemId(), end.timeline(), end.lsn());
        List<PointTie> ties =
                points.stream().map(point -> PointTie.of(link, point)).toList();
        List<Facts> known = facts.read(connection, ties);
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            String message = ties.get(i).message();
            verdicts.add(plan.of(points.get(i), known.get(i), message != null && deleted.contains(message), at));
        }
        return verdicts;
    }
}
