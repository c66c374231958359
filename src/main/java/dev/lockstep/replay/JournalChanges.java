package dev.lockstep.replay;

import dev.lockstep.journal.JournalEntry;
import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.journal.JournalReader;
import dev.lockstep.journal.JournalRecord;
import dev.lockstep.model.Batch;
import dev.lockstep.model.Column;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.Snapshot;
import dev.lockstep.model.StopSignal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The journal's changes between two places of it. */
final class JournalChanges implements OldChanges {

    private static final Logger log = LoggerFactory.getLogger(JournalChanges.class);
    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration AWAY = Duration.ofSeconds(10);
    private static final Duration TELL_EVERY = Duration.ofSeconds(5);

    private final JournalReader reader;
    private final Mapping mapping;
    private final JournalOffsets from;
    private final JournalOffsets to;
    private final ReplayRequest request;
    private final Snapshot now;
    private final StopSignal stop;

    /** @param now a snapshot that is younger than the end */
    JournalChanges(
            JournalReader reader,
            Mapping mapping,
            JournalOffsets from,
            JournalOffsets to,
            ReplayRequest request,
            Snapshot now,
            StopSignal stop) {
        this.reader = reader;
        this.mapping = mapping;
        this.from = from;
        this.to = to;
        this.request = request;
        this.now = now;
        this.stop = stop;
    }

    @Override
    public void run(Taker taker) throws InterruptedException {
        possible();
        reader.seek(from);
        long toldAt = System.nanoTime();
        long movedAt = System.nanoTime();
        for (JournalOffsets at = from; !at.reached(to); at = reader.at()) {
            if (stop.requested()) {
                throw new InterruptedException("stopped");
            }
            List<RowChange> changes = new ArrayList<>();
            List<JournalEntry> read = reader.poll(STEP);
            if (!read.isEmpty()) {
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt > AWAY.toNanos()) {
                possible(); // fails when the brokers do not answer
                movedAt = System.nanoTime();
            }
            for (JournalEntry entry : read) {
                if (entry.offset() < to.next().getOrDefault(entry.partition(), 0L) && asked(entry.change())) {
                    changes.add(change(entry.change()));
                }
            }
            taker.take(new Batch(changes, null, List.of()), reader.at().toString());
            if (System.nanoTime() - toldAt > TELL_EVERY.toNanos()) {
                log.info("replayed up to {} of {} in the journal", reader.at(), to);
                toldAt = System.nanoTime();
            }
        }
    }

    /** A topic that was made anew, or cut by its brokers, would never come to the end that was asked for. */
    private void possible() {
        SortedMap<Integer, JournalReader.Range> kept = reader.ranges();
        from.next().forEach((partition, offset) -> {
            JournalReader.Range range = kept.get(partition);
            long end = to.next().getOrDefault(partition, 0L);
            if (offset < end && (range == null || range.end() < end)) {
                throw LockstepException.notDone(
                        reader.topic() + " " + partition + " ends before " + end
                                + ": it is not the topic any more that the replay began with; begin another one",
                        null);
            }
        });
    }

    private boolean asked(JournalRecord change) {
        Lsn lsn = change.commitLsn() == null ? change.lsn() : change.commitLsn();
        if (request.from() instanceof ReplayRequest.FromLsn start
                && change.commitLsn() != null
                && start.lsn().isAtLeast(lsn)) {
            return false;
        }
        return (request.toLsn() == null || request.toLsn().isAtLeast(lsn))
                && (request.toTime() == null || !change.committedAt().isAfter(request.toTime()));
    }

    /** Only a key was kept; of a persona and an agent it is what names them. */
    private RowChange change(JournalRecord record) {
        Mapping.Personas personas = mapping.personas();
        Mapping.Agents agents = mapping.agents();
        return new RowChange(
                record.table(),
                record.op(),
                record.key(),
                personas != null && record.table().equals(personas.table())
                        ? only(record, personas.key(), personas.id())
                        : null,
                record.table().equals(agents.table()) ? only(record, agents.key(), agents.id()) : null,
                waited(record.xid()),
                record.lsn(),
                record.committedAt());
    }

    private static @Nullable String only(JournalRecord record, List<Column> key, Column id) {
        return key.size() == 1 && key.get(0).equals(id) && record.key().values().size() == 1
                ? record.key().values().get(0)
                : null;
    }

    /** One that ended long ago, or is of another server's, has nothing to wait for; its low half would be taken for another. */
    private long waited(long xid) {
        long settled = now.xmin() - 1;
        return (xid > settled && xid < now.xmax() ? xid : settled) & 0xFFFFFFFFL;
    }
}
