package dev.lockstep.replay;

import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.journal.JournalReader;
import dev.lockstep.journal.JournalReader.Range;
import dev.lockstep.journal.JournalRecord;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.state.JournalSpan.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which part of the journal a replay reads. */
final class JournalStart {

    /** Transactions are stamped before they are put in order, by a clock that may be set back a little. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private static final String SCAN = "`lockstep verify --repair` looks at every row instead";

    private final SortedMap<Integer, Range> ranges;
    private final JournalReader reader;
    private final String topic;
    private final @Nullable Span span;

    /** @param span since when the journal holds every change; null when it does not */
    JournalStart(JournalReader reader, @Nullable Span span) {
        this.ranges = reader.ranges();
        this.reader = reader;
        this.topic = reader.topic();
        this.span = span != null && span.topic().equals(topic) ? span : null;
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
        if (from instanceof ReplayRequest.FromLsn at) { // no record tells where the next of a higher one stands
            covered(
                    at.lsn().toString(),
                    span != null && at.lsn().isAtLeast(span.since()),
                    head -> at.lsn().isAtLeast(commit(head)));
            SortedMap<Integer, Long> begins = new TreeMap<>();
            ranges.forEach((partition, range) -> begins.put(partition, range.begin()));
            return new JournalOffsets(begins);
        }
        if (from instanceof ReplayRequest.FromTime at) {
            Instant before = at.time().minus(MARGIN);
            covered(
                    at.time().toString(),
                    span != null && !at.time().isBefore(span.at()),
                    head -> head.committedAt().isBefore(before));
            return reader.sentSince(before, ranges);
        }
        throw new IllegalArgumentException("a savepoint is no place in the journal");
    }

    private static Lsn commit(JournalRecord head) {
        return Objects.requireNonNull(head.commitLsn());
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

    /**
     * The journal holds everything since, and no partition has dropped anything since. A partition whose head is gone and
     * that does not reach back before the start may have: it is not taken on trust.
     */
    private void covered(String asked, boolean begun, Predicate<JournalRecord> before) throws InterruptedException {
        String reach = span == null
                ? topic + " does not hold every change"
                : topic + " holds every change since " + span.since() + " (" + span.at() + ")";
        boolean whole = begun;
        for (Map.Entry<Integer, Range> partition : ranges.entrySet()) {
            Range kept = partition.getValue();
            if (kept.begin() > 0) {
                JournalRecord head = reader.head(partition.getKey(), kept, change -> change.commitLsn() != null);
                if (head == null || !before.test(head)) {
                    whole = false;
                    reach += ", partition " + partition.getKey() + " from "
                            + (head == null ? "now" : commit(head) + " (" + head.committedAt() + ")") + " on";
                }
            }
        }
        if (!whole) {
            throw LockstepException.wrongInput(
                    "the changes from " + asked + " on are not kept; " + reach + "; " + SCAN);
        }
    }
}
