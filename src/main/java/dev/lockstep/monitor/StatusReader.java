package dev.lockstep.monitor;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Gate;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.database.KeptSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Phase;
import dev.lockstep.monitor.StatusReport.Applied;
import dev.lockstep.monitor.StatusReport.Backfill;
import dev.lockstep.monitor.StatusReport.Build;
import dev.lockstep.monitor.StatusReport.Lag;
import dev.lockstep.monitor.StatusReport.Letter;
import dev.lockstep.monitor.StatusReport.Pause;
import dev.lockstep.monitor.StatusReport.Runner;
import dev.lockstep.monitor.StatusReport.Slot;
import dev.lockstep.monitor.StatusReport.Store;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.Lease;
import dev.lockstep.state.Positions;
import dev.lockstep.state.Scans;
import dev.lockstep.throttle.SignalReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Reads {@link StatusReport} from the control schema and the server's own views; writes nothing. Keeps a connection. Thread-safe. */
public final class StatusReader implements AutoCloseable {

    private static final int READS_EACH = 10;

    private final KeptSession session;
    private final String name;
    private final ServerView server;
    private final ControlView control;
    private final GateView gate;
    private int reads;

    public StatusReader(Database database, LockstepConfig config) {
        this.session = new KeptSession(database, "status");
        this.name = config.name();
        this.server = new ServerView(name);
        this.control = new ControlView(name, new SignalReader(name, config.run().heartbeat()));
        this.gate = new GateView(database, config);
    }

    /**
     * Reads once, and keeps nothing.
     *
     * @throws LockstepException when the server cannot be reached
     */
    public static StatusReport once(Database database, LockstepConfig config) {
        try (StatusReader reader = new StatusReader(database, config)) {
            return reader.read();
        }
    }

    /** @throws LockstepException when the server cannot be reached */
    public synchronized StatusReport read() {
        try {
            Connection connection = connection();
            boolean there = ControlSchema.isThere(connection, name);
            return Handles.ask(connection, handle -> there ? expanded(connection, handle) : fresh(handle));
        } catch (SQLException e) {
            close();
            throw LockstepException.notDone(
                    "the status could not be read (SQLSTATE " + e.getSQLState()
                            + "); is the role allowed to read schema " + name + "?",
                    e);
        }
    }

    /** A server that wants to stop shows it to new sessions alone: none is kept for long. */
    private Connection connection() {
        if (reads++ % READS_EACH == 0) {
            session.close();
        }
        return session.connection();
    }

    @Override
    public synchronized void close() {
        session.close();
    }

    private StatusReport fresh(Handle handle) {
        return new StatusReport(
                name,
                "NEW",
                new Lag(null, null),
                new Applied(null, null),
                server.slot(handle),
                new Runner("", false, 0),
                List.of(),
                0,
                List.of(),
                0,
                0,
                0,
                0,
                0,
                Map.of(),
                List.of(),
                ControlView.NO_PAUSE,
                ControlView.noBudget(),
                ControlView.NO_THROTTLE,
                0,
                List.of(),
                null,
                List.of(),
                server.server(handle),
                build(),
                List.of("not expanded yet: run `lockstep expand`"),
                List.of(new Gate.Blocker("phase", "nothing is expanded yet (phase NEW)", "run `lockstep expand`")),
                null);
    }

    private StatusReport expanded(Connection connection, Handle handle) throws SQLException {
        Optional<Positions.Stored> position = new Positions(name).read(handle);
        Lease.State lease = new Lease(name).read(handle);
        List<Backfill> backfill = backfill(handle);
        Gaps.Counts gaps = new Gaps(name).counts(handle);
        DeadLetters letters = new DeadLetters(name);
        long deadLetters = letters.count(connection);
        Slot slot = server.slot(handle);
        Pause pause = control.pause(handle);
        List<Store> stores = new StoreStatus(name).read(connection, handle, lease.epoch());
        Phase phase = new Fence(name).read(connection).phase();
        List<Gate.Blocker> shut = phase == Phase.CONTRACTED ? List.of() : gate.blockers(connection);
        return new StatusReport(
                name,
                phase(phase, lease, shut),
                phase == Phase.CONTRACTED ? new Lag(null, null) : server.lag(handle, position),
                new Applied(
                        position.map(p -> p.position().lsn().toString()).orElse(null),
                        position.map(p -> p.position().commitTime().toString()).orElse(null)),
                slot,
                new Runner(lease.holder(), lease.live(), lease.epoch()),
                backfill,
                deadLetters,
                letters.oldest(connection, 10).stream()
                        .map(l -> new Letter(l.table().toString(), l.key().toString(), l.reason(), l.tries()))
                        .toList(),
                gaps.total(),
                gaps.open(),
                gaps.unverified(),
                position.map(Positions.Stored::rowsStreamed).orElse(0L),
                new Scans(name).rowsWritten(handle),
                new EvidenceLog(name).lastDrift(handle),
                stores,
                pause,
                control.budget(handle),
                control.throttle(handle),
                server.standbys(handle),
                control.savepoints(connection),
                control.evidence(handle),
                control.census(handle),
                server.server(handle),
                build(),
                phase == Phase.CONTRACTED
                        ? slot.exists()
                                ? List.of(
                                        "the slot of a migration that is over still holds WAL back: run `lockstep contract` again")
                                : List.of()
                        : blockers(slot, lease, backfill, deadLetters, gaps, stores, pause),
                shut,
                RehearsalView.read(handle, name));
    }

    static Build build() {
        String version = StatusReader.class.getPackage().getImplementationVersion();
        return new Build(
                version == null ? "(unpackaged build)" : version,
                Runtime.version().toString());
    }

    private static String phase(Phase phase, Lease.State lease, List<Gate.Blocker> shut) {
        return switch (phase) {
            case SYNC -> lease.epoch() == 0 ? "EXPANDED" : shut.isEmpty() ? "READY" : "SYNCING";
            case CUTOVER -> "CUTOVER";
            case CONTRACTED -> "CONTRACTED";
        };
    }

    private static List<String> blockers(
            Slot slot,
            Lease.State lease,
            List<Backfill> backfill,
            long deadLetters,
            Gaps.Counts gaps,
            List<Store> stores,
            Pause pause) {
        List<String> blockers = new ArrayList<>();
        if (pause.active()) {
            blockers.add("paused since " + pause.since() + " by " + pause.by()
                    + ": `lockstep throttle --resume`, or resume on the page");
        }
        if (!slot.exists()) {
            blockers.add("the replication slot is missing: start `lockstep run`, it restores and scans");
        }
        if (!lease.live()) {
            blockers.add(
                    slot.active()
                            ? "no `lockstep run` leads, but the slot is read: leave it so where that is Kafka Connect (what it has"
                                    + " applied is not told here); else start `lockstep run`"
                            : "nothing runs: start `lockstep run`");
        }
        long open = backfill.stream().filter(b -> !b.state().equals("done")).count();
        if (open > 0) {
            blockers.add(open + " tables are not scanned to the end: `lockstep run` goes on with them");
        }
        if (deadLetters > 0) {
            blockers.add(
                    deadLetters + " rows are set aside: mend the reason given, they are tried again by themselves");
        }
        if (gaps.unverified() > 0) {
            blockers.add(gaps.unverified() + " gaps are not verified yet: run `lockstep verify` after the scan");
        }
        for (Store store : stores) {
            if (!store.trouble().isEmpty()) {
                blockers.add("vectors " + store.store() + ": " + store.trouble() + "; what they have to learn waits");
            } else if (store.sweepDue()) {
                blockers.add(
                        "vectors " + store.store() + " are not swept to the end: `lockstep run` goes on with them");
            }
        }
        return blockers;
    }

    private static String purpose(long gap) {
        if (gap == Scans.TURN) {
            return "turn";
        }
        return gap == Scans.BACKFILL ? "backfill" : "gap " + gap;
    }

    private List<Backfill> backfill(Handle handle) {
        return handle.createQuery("SELECT s.*, coalesce(s.end_block, pg_relation_size(to_regclass("
                        + "quote_ident(s.table_schema) || '.' || quote_ident(s.table_name)))"
                        + " / current_setting('block_size')::bigint, 0) AS total,"
                        + " CASE WHEN state = 'running' AND next_block > 0 THEN extract(epoch FROM updated_at - started_at)"
                        + " * (end_block - next_block) / next_block END::float8 AS seconds_left FROM " + Sql.quote(name)
                        + ".scan s ORDER BY gap_id, table_schema, table_name")
                .map((row, ctx) -> new Backfill(
                        row.getString("table_schema") + "." + row.getString("table_name"),
                        row.getLong("next_block"),
                        row.getLong("total"),
                        row.getString("state"),
                        row.getLong("rows_written"),
                        purpose(row.getLong("gap_id")),
                        row.getObject("seconds_left", Double.class)))
                .list();
    }
}
