package dev.lockstep.replay;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.journal.JournalReader;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.savepoint.Savepoint;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.JournalSpan;
import dev.lockstep.state.ReplayLog;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.sync.ChangeLog;
import dev.lockstep.sync.LaneSessions;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads old changes again, from a savepoint or the journal, and brings every row that they name into step, as it is now.
 * Beside a running sidecar, whose position it does not touch. Killed, the same request goes on where it was.
 */
public final class Replay {

    private static final Logger log = LoggerFactory.getLogger(Replay.class);

    private final LockstepConfig config;
    private final Database database;
    private final Mapping mapping;
    private final long epoch;
    private final int seat;
    private final StopSignal stop;
    private final String slot;

    /** @param seat of the session that writes */
    public Replay(LockstepConfig config, Database database, Mapping mapping, long epoch, int seat, StopSignal stop) {
        this.config = config;
        this.database = database;
        this.mapping = mapping;
        this.epoch = epoch;
        this.seat = seat;
        this.stop = stop;
        this.slot = config.name() + "_replay";
    }

    /**
     * Replays to the end.
     *
     * @throws LockstepException when what is asked for is not kept, or it could not be done
     * @throws InterruptedException when stopped; the same request goes on where it was
     */
    public ReplayReport run(ReplayRequest request) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        try (Connection connection = database.open("replay");
                Journals journals = new Journals()) {
            ReplayLog stored = new ReplayLog(config.name());
            Optional<ReplayLog.Entry> broken = Handles.ask(connection, stored::read)
                    .filter(entry -> entry.request().equals(request.toString()));
            ReplayLog.Entry entry = broken.isPresent() && isThere(connection, broken.get())
                    ? broken.get()
                    : begin(connection, request, stored, journals);
            if (broken.isPresent()) {
                log.info("going on at {} with the replay that was broken off", entry.at());
            }
            apply(request, entry, changes(connection, entry, request, slot, journals), stored, connection);
            ReplayLog.Entry done = Handles.ask(connection, stored::read).orElse(entry);
            Savepoints.dropSlot(connection, slot);
            Handles.tell(connection, stored::end);
            return new ReplayReport(
                    done.start(),
                    done.from(),
                    done.to(),
                    done.changes(),
                    done.checked(),
                    done.mended(),
                    false,
                    Map.of(),
                    (System.nanoTime() - began) / 1e9);
        }
    }

    /** Counts what {@link #run} would do, and writes nothing. */
    public ReplayReport dryRun(ReplayRequest request) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        String look = slot + "_dry";
        try (Connection connection = database.open("replay");
                Journals journals = new Journals()) {
            try {
                ReplayLog.Entry entry = plan(connection, request, look, journals);
                Drift drift = new Drift(mapping);
                changes(connection, entry, request, look, journals).run((batch, at) -> {
                    drift.add(ReplayBatch.of(batch, mapping, request));
                    return true;
                });
                return new ReplayReport(
                        entry.start(),
                        entry.from(),
                        entry.to(),
                        drift.changes(),
                        drift.rows(),
                        0,
                        true,
                        drift.count(
                                connection,
                                new Fence(config.name()).read(connection).direction()),
                        (System.nanoTime() - began) / 1e9);
            } finally {
                Savepoints.dropSlot(connection, look);
            }
        }
    }

    private ReplayLog.Entry begin(Connection connection, ReplayRequest request, ReplayLog stored, Journals journals)
            throws SQLException, InterruptedException {
        ReplayLog.Entry entry = plan(connection, request, slot, journals);
        Handles.tell(connection, handle -> handle.useTransaction(tx -> stored.begin(tx, entry)));
        log.info("replaying {} from {} to {}", entry.start(), entry.from(), entry.to());
        return entry;
    }

    /** From a savepoint, copied as {@code copy}, where one reaches back; else from the journal. */
    private ReplayLog.Entry plan(Connection connection, ReplayRequest request, String copy, Journals journals)
            throws SQLException, InterruptedException {
        Savepoints.dropSlot(connection, copy); // of another request, broken off
        List<Savepoint> savepoints = new Savepoints(config.name()).list(connection);
        if (request.from() instanceof ReplayRequest.FromSavepoint && request.toOffsets() != null) {
            throw LockstepException.wrongInput(
                    "--to-offset is a place in the journal; bound a replay from a savepoint by --to-lsn or --to-time");
        }
        boolean inJournal = request.from() instanceof ReplayRequest.FromOffset
                || request.toOffsets() != null
                || (config.kafka() != null
                        && !(request.from() instanceof ReplayRequest.FromSavepoint)
                        && ReplayStart.find(request.from(), savepoints).isEmpty());
        if (inJournal) {
            JournalReader reader = journals.open();
            JournalStart start = new JournalStart(
                    reader,
                    Handles.ask(connection, new JournalSpan(config.name())::read)
                            .orElse(null));
            JournalOffsets from = start.begin(request.from());
            return new ReplayLog.Entry(
                    request.toString(),
                    reader.topic(),
                    true,
                    from.toString(),
                    start.end(request).toString());
        }
        Savepoint savepoint = ReplayStart.choose(request.from(), savepoints);
        Savepoints.copy(connection, savepoint.slot(), copy);
        Lsn end = ServerEnd.read(connection).lsn();
        return new ReplayLog.Entry(
                request.toString(),
                savepoint.name(),
                false,
                Objects.requireNonNull(savepoint.lsn()).toString(),
                (request.toLsn() == null ? end : Lsn.min(end, request.toLsn())).toString());
    }

    private OldChanges changes(
            Connection connection, ReplayLog.Entry entry, ReplayRequest request, String from, Journals journals)
            throws SQLException {
        if (entry.journal()) {
            return new JournalChanges(
                    journals.open(),
                    mapping,
                    JournalOffsets.stored(entry.at()),
                    JournalOffsets.stored(entry.to()),
                    request,
                    ServerEnd.snapshot(connection),
                    stop);
        }
        Heartbeat.send(connection, config.name()); // on a quiet server nothing else comes behind the end
        return new ReplayStream(
                config, mapping, from, Lsn.parse(entry.at()), Lsn.parse(entry.to()), request.toTime(), stop);
    }

    private void apply(
            ReplayRequest request, ReplayLog.Entry entry, OldChanges changes, ReplayLog stored, Connection counts)
            throws SQLException, InterruptedException {
        LaneSessions lanes =
                new LaneSessions(lane -> WriteSession.open(database, config.name(), "replay", seat, epoch), 1);
        AtomicLong mended = new AtomicLong();
        SyncMeter meter = new SyncMeter() {
            @Override
            public void derived(TableName table, long rows) {
                mended.addAndGet(rows);
            }
        };
        try (Synchronizer synchronizer = new Synchronizer(
                config.name(),
                mapping,
                lanes,
                new AgentCache(),
                Lsn.ZERO,
                (connection, lsn, commitTime, rows) -> {}, // stored below, with the counts
                Synchronizer.Hints.IGNORED,
                meter,
                ChangeLog.NONE,
                stop)) {
            changes.run((batch, at) -> {
                ReplayBatch replayed = ReplayBatch.of(batch, mapping, request);
                synchronizer.apply(replayed.rows());
                boolean done = synchronizer.heldRows() == 0;
                long rows = mended.getAndSet(0);
                if (replayed.changes() + rows > 0 || (done && at != null)) {
                    count(counts, stored, done ? at : null, replayed, rows);
                }
                return done;
            });
            synchronizer.tick();
            while (synchronizer.heldRows() > 0) {
                if (stop.pause(Duration.ofMillis(100))) {
                    throw new InterruptedException("stopped");
                }
                synchronizer.tick();
            }
            Handles.tell(counts, handle -> stored.count(handle, entry.to(), 0, 0, mended.get()));
        }
    }

    private static void count(
            Connection connection, ReplayLog stored, @Nullable String at, ReplayBatch batch, long mended) {
        long checked =
                batch.keys().values().stream().mapToLong(Set<RowKey>::size).sum();
        try {
            Handles.tell(connection, handle -> stored.count(handle, at, batch.changes(), checked, mended));
        } catch (SQLException e) {
            throw LockstepException.notDone("the replay lost its connection; the same command goes on", e);
        }
    }

    private boolean isThere(Connection connection, ReplayLog.Entry entry) throws SQLException {
        if (entry.journal()) {
            KafkaConfig kafka = config.kafka();
            return kafka != null && kafka.journal().topic().equals(entry.start());
        }
        try (var statement = connection.prepareStatement("SELECT FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, slot);
            try (var row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Opened when it is needed. */
    private final class Journals implements AutoCloseable {

        private @Nullable JournalReader reader;

        JournalReader open() {
            KafkaConfig kafka = config.kafka();
            if (kafka == null) {
                throw LockstepException.wrongInput(
                        "there is no journal: kafka is not in the configuration; begin at a savepoint instead");
            }
            JournalReader opened = reader;
            if (opened == null) {
                opened = JournalReader.open(kafka, config.run().batchRows());
                reader = opened;
            }
            return opened;
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
            }
        }
    }
}
