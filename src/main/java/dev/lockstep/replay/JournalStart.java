package dev.lockstep.replay;

import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.journal.JournalReader;
import dev.lockstep.journal.JournalReader.Range;
import dev.lockstep.journal.JournalRecord;
import dev.lockstep.journal.JournalSearch;
import dev.lockstep.journal.JournalSearch.Side;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which part of the journal a replay reads. */
final class JournalStart {

    /** Transactions are stamped before they are put in order, by a clock that may be set back a little. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private static final String SCAN = "`lockstep verify --repair` looks at every row instead";

    private final SortedMap<Integer, Range> ranges;
    private final JournalSearch search;
    private final String topic;

    JournalStart(JournalReader reader) {
        this.ranges = reader.ranges();
        this.search = JournalSearch.of(reader);
        this.topic = reader.topic();
    }

    /** Where the journal ends now, or where it is asked to. */
    JournalOffsets end(ReplayRequest request) {
        SortedMap<Integer, Long> ends = new TreeMap<>();
        ranges.forEach((partition, range) -> ends.put(partition, range.end()));
        JournalOffsets asked = request.toOffsets();
        if (asked != null) {
            asked.next()
                    .forEach((partition, offset) ->
                            ends.put(partition, Math.min(known(partition).end(), offset)));
        }
        return new JournalOffsets(ends);
    }

    /**
     * Where to begin.
     *
     * @throws LockstepException when it is not kept; it names the earliest place that is
     */
    JournalOffsets begin(ReplayRequest.From from) throws InterruptedException {
        if (from instanceof ReplayRequest.FromOffset named) {
            named.offsets().next().forEach(this::checked);
            return named.offsets();
        }
        if (from instanceof ReplayRequest.FromLsn at) {
            return found(at.lsn().toString(), change -> side(change.commitLsn(), at.lsn()));
        }
        if (from instanceof ReplayRequest.FromTime at) {
            Instant before = at.time().minus(MARGIN);
            return found(
                    at.time().toString(), change -> change.committedAt().isBefore(before) ? Side.BEFORE : Side.BEHIND);
        }
        throw new IllegalArgumentException("a savepoint is no place in the journal");
    }

    private static Side side(@Nullable Lsn commit, Lsn lsn) {
        if (commit == null) {
            return Side.UNKNOWN;
        }
        return lsn.isAtLeast(commit) ? Side.BEFORE : Side.BEHIND;
    }

    private Range known(int partition) {
        Range range = ranges.get(partition);
        if (range == null) {
            throw LockstepException.wrongInput(
                    topic + " has no partition " + partition + "; there are " + ranges.keySet());
        }
        return range;
    }

    private void checked(int partition, long offset) {
        Range kept = known(partition);
        if (offset < kept.begin()) {
            throw LockstepException.wrongInput(topic + " is kept from "
                    + ranges.entrySet().stream()
                            .map(JournalStart::earliest)
                            .collect(Collectors.joining(" ", "--from-offset ", ""))
                    + " on, " + partition + ":" + offset + " is gone; begin there, or " + SCAN);
        }
        if (offset > kept.end()) {
            throw LockstepException.wrongInput(
                    topic + " ends at " + partition + ":" + kept.end() + ", before " + partition + ":" + offset);
        }
    }

    private static String earliest(Map.Entry<Integer, Range> kept) {
        return kept.getKey() + ":" + kept.getValue().begin();
    }

    private JournalOffsets found(String asked, JournalSearch.Point point) throws InterruptedException {
        covered(asked, point);
        SortedMap<Integer, Long> next = new TreeMap<>();
        for (Map.Entry<Integer, Range> partition : ranges.entrySet()) {
            next.put(partition.getKey(), search.first(partition.getKey(), partition.getValue(), point));
        }
        return new JournalOffsets(next);
    }

    /**
     * The journal had begun by then, and no partition has dropped anything since. A partition whose head is gone and that
     * does not reach back before the point may have: it is not taken on trust.
     */
    private void covered(String asked, JournalSearch.Point point) throws InterruptedException {
        List<JournalRecord> begun = new ArrayList<>();
        List<JournalRecord> cut = new ArrayList<>();
        boolean emptied = false;
        for (Map.Entry<Integer, Range> partition : ranges.entrySet()) {
            Range kept = partition.getValue();
            JournalRecord head = search.head(partition.getKey(), kept, point);
            if (head != null) {
                (kept.begin() > 0 ? cut : begun).add(head);
            }
            emptied |= head == null && kept.begin() > 0;
        }
        boolean early = begun.stream().anyMatch(head -> point.side(head) == Side.BEFORE);
        boolean whole = cut.stream().allMatch(head -> point.side(head) == Side.BEFORE);
        if (emptied || !whole || (cut.isEmpty() && !early)) {
            throw LockstepException.wrongInput(
                    "the changes from " + asked + " on are not kept; " + reach(begun, cut) + "; " + SCAN);
        }
    }

    private String reach(List<JournalRecord> begun, List<JournalRecord> cut) {
        Comparator<JournalRecord> byTime = Comparator.comparing(JournalRecord::committedAt);
        JournalRecord earliest = cut.isEmpty()
                ? begun.stream().min(byTime).orElse(null)
                : cut.stream().max(byTime).orElseThrow(); // each partition has to reach back
        return earliest == null
                ? topic + " is empty"
                : topic + " reaches back to " + earliest.commitLsn() + " (" + earliest.committedAt() + ")";
    }
}
