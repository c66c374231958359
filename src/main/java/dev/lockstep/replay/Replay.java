package dev.lockstep.replay;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.savepoint.Savepoint;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.ReplayLog;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.sync.ChangeLog;
import dev.lockstep.sync.LaneSessions;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import dev.lockstep.verify.DriftByKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the changes since a savepoint again and brings every row that they name into step, as it is now. Beside a running
 * sidecar, whose position it does not touch. Killed, the same request goes on where it was.
 */
public final class Replay {

    private static final Logger log = LoggerFactory.getLogger(Replay.class);
    private static final int CHUNK = 5000;

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
        try (Connection connection = database.open("replay")) {
            ReplayLog stored = new ReplayLog(config.name());
            Optional<ReplayLog.Entry> broken = Handles.ask(connection, stored::read)
                    .filter(entry -> entry.request().equals(request.toString()));
            ReplayLog.Entry entry =
                    broken.isPresent() && slotIsThere(connection) ? broken.get() : begin(connection, request, stored);
            if (broken.isPresent()) {
                log.info("going on at {} with the replay that was broken off", entry.at());
            }
            Heartbeat.send(connection, config.name()); // on a quiet server nothing else comes behind the end
            apply(request, entry, stored, connection);
            ReplayLog.Entry done = Handles.ask(connection, stored::read).orElse(entry);
            Savepoints.dropSlot(connection, slot);
            Handles.tell(connection, stored::end);
            return new ReplayReport(
                    "",
                    done.from().toString(),
                    done.to().toString(),
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
        try (Connection connection = database.open("replay")) {
            Savepoint start = ReplayStart.choose(request.from(), new Savepoints(config.name()).list(connection));
            Savepoints.dropSlot(connection, look);
            Savepoints.copy(connection, start.slot(), look);
            try {
                Lsn from = Objects.requireNonNull(start.lsn());
                Lsn to = end(connection, request);
                Heartbeat.send(connection, config.name());
                Map<TableName, Set<RowKey>> rows = new LinkedHashMap<>();
                AtomicLong changes = new AtomicLong();
                new ReplayStream(config, mapping, look, from, to, request.toTime(), stop).run(batch -> {
                    ReplayBatch replayed = ReplayBatch.of(batch, mapping, request);
                    changes.addAndGet(replayed.changes());
                    replayed.keys()
                            .forEach((table, keys) -> rows.computeIfAbsent(table, t -> new HashSet<>())
                                    .addAll(keys));
                    return batch.boundary() == null ? Lsn.ZERO : batch.boundary();
                });
                Map<String, ReplayReport.Table> tables = tables(connection, rows);
                return new ReplayReport(
                        start.name(),
                        from.toString(),
                        to.toString(),
                        changes.get(),
                        tables.values().stream()
                                .mapToLong(ReplayReport.Table::rows)
                                .sum(),
                        0,
                        true,
                        tables,
                        (System.nanoTime() - began) / 1e9);
            } finally {
                Savepoints.dropSlot(connection, look);
            }
        }
    }

    private ReplayLog.Entry begin(Connection connection, ReplayRequest request, ReplayLog stored) throws SQLException {
        Savepoint start = ReplayStart.choose(request.from(), new Savepoints(config.name()).list(connection));
        Savepoints.dropSlot(connection, slot); // of another request, broken off
        Savepoints.copy(connection, start.slot(), slot);
        Lsn from = Objects.requireNonNull(start.lsn());
        Lsn to = end(connection, request);
        Handles.tell(connection, handle -> handle.useTransaction(tx -> stored.begin(tx, request.toString(), from, to)));
        log.info("replaying from savepoint {} at {} to {}", start.name(), from, to);
        return Handles.ask(connection, stored::read).orElseThrow();
    }

    private static Lsn end(Connection connection, ReplayRequest request) throws SQLException {
        Lsn end = ServerEnd.read(connection).lsn();
        return request.toLsn() == null ? end : Lsn.min(end, request.toLsn());
    }

    private void apply(ReplayRequest request, ReplayLog.Entry entry, ReplayLog stored, Connection counts)
            throws SQLException, InterruptedException {
        LaneSessions lanes =
                new LaneSessions(lane -> WriteSession.openUnflushed(database, config.name(), "replay", seat, epoch), 1);
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
                entry.at(),
                stored,
                Synchronizer.Hints.IGNORED,
                meter,
                ChangeLog.NONE,
                stop)) {
            new ReplayStream(config, mapping, slot, entry.at(), entry.to(), request.toTime(), stop).run(batch -> {
                ReplayBatch replayed = ReplayBatch.of(batch, mapping, request);
                Lsn durable = synchronizer.apply(replayed.rows());
                count(counts, stored, replayed.changes(), checked(replayed), mended);
                return durable;
            });
            synchronizer.tick();
            while (synchronizer.heldRows() > 0) {
                if (stop.pause(Duration.ofMillis(100))) {
                    throw new InterruptedException("stopped");
                }
                synchronizer.tick();
            }
            count(counts, stored, 0, 0, mended);
        }
    }

    private static long checked(ReplayBatch batch) {
        return batch.keys().values().stream().mapToLong(Set::size).sum();
    }

    private static void count(Connection connection, ReplayLog stored, long changes, long checked, AtomicLong mended) {
        long rows = mended.getAndSet(0);
        if (changes + rows > 0) {
            try {
                Handles.tell(connection, handle -> stored.count(handle, changes, checked, rows));
            } catch (SQLException e) {
                throw LockstepException.notDone("the replay lost its connection; the same command goes on", e);
            }
        }
    }

    private Map<String, ReplayReport.Table> tables(Connection connection, Map<TableName, Set<RowKey>> rows)
            throws SQLException {
        Map<String, ReplayReport.Table> tables = new LinkedHashMap<>();
        for (Map.Entry<TableName, Set<RowKey>> entry : rows.entrySet()) {
            DriftByKey drift =
                    new DriftByKey(mapping, mapping.scoped(entry.getKey()).orElseThrow());
            List<RowKey> keys = new ArrayList<>(entry.getValue());
            long out = 0;
            for (int i = 0; i < keys.size(); i += CHUNK) {
                out += drift.of(connection, keys.subList(i, Math.min(keys.size(), i + CHUNK)))
                        .size();
            }
            tables.put(entry.getKey().toString(), new ReplayReport.Table(keys.size(), out));
        }
        return tables;
    }

    private boolean slotIsThere(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, slot);
            try (var row = statement.executeQuery()) {
                return row.next();
            }
        }
    }
}
