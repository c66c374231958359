package dev.lockstep.monitor;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Phase;
import dev.lockstep.monitor.StatusReport.Applied;
import dev.lockstep.monitor.StatusReport.Backfill;
import dev.lockstep.monitor.StatusReport.Lag;
import dev.lockstep.monitor.StatusReport.Letter;
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
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Reads {@link StatusReport} from the control schema and the server's own views; writes nothing. Thread-safe. */
public final class StatusReader {

    private final Database database;
    private final String name;

    public StatusReader(Database database, String name) {
        this.database = database;
        this.name = name;
    }

    /** @throws LockstepException when the server cannot be reached */
    public StatusReport read() {
        try (Connection connection = database.open("status")) {
            boolean there = ControlSchema.installedVersion(connection, name).isPresent();
            return Handles.ask(connection, handle -> there ? expanded(connection, handle) : fresh(handle));
        } catch (SQLException e) {
            throw LockstepException.notDone(
                    "the status could not be read; is the role allowed to read schema " + name + "?", e);
        }
    }

    private StatusReport fresh(Handle handle) {
        return new StatusReport(
                name,
                "NEW",
                new Lag(null, null),
                new Applied(null, null),
                slot(handle),
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
                List.of("not expanded yet: run `lockstep expand`"));
    }

    private StatusReport expanded(Connection connection, Handle handle) throws SQLException {
        Optional<Positions.Stored> position = new Positions(name).read(handle);
        Lease.State lease = new Lease(name).read(handle);
        List<Backfill> backfill = backfill(handle);
        Gaps.Counts gaps = new Gaps(name).counts(handle);
        DeadLetters letters = new DeadLetters(name);
        long deadLetters = letters.count(connection);
        Slot slot = slot(handle);
        List<Store> stores = new StoreStatus(name).read(connection, handle, lease.epoch());
        return new StatusReport(
                name,
                phase(new Fence(name).read(connection).phase(), lease),
                lag(handle, position),
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
                blockers(slot, lease, backfill, deadLetters, gaps, stores));
    }

    private static String phase(Phase phase, Lease.State lease) {
        return switch (phase) {
            case SYNC -> lease.epoch() == 0 ? "EXPANDED" : "SYNCING";
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
            List<Store> stores) {
        List<String> blockers = new ArrayList<>();
        if (!slot.exists()) {
            blockers.add("the replication slot is missing: start `lockstep run`, it restores and scans");
        }
        if (!lease.live()) {
            blockers.add("nothing runs: start `lockstep run`");
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

    private Lag lag(Handle handle, Optional<Positions.Stored> position) {
        Long bytes = handle.createQuery("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint"
                        + " FROM pg_replication_slots WHERE slot_name = :name")
                .bind("name", name)
                .mapTo(Long.class)
                .findOne()
                .orElse(null);
        Instant now = handle.createQuery("SELECT clock_timestamp()")
                .mapTo(Instant.class)
                .one();
        return new Lag(
                bytes,
                position.map(p -> Math.max(
                                0,
                                Duration.between(p.position().commitTime(), now).toMillis() / 1000.0))
                        .orElse(null));
    }

    private Slot slot(Handle handle) {
        return handle.createQuery("SELECT active, wal_status, safe_wal_size,"
                        + " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained"
                        + " FROM pg_replication_slots WHERE slot_name = :name")
                .bind("name", name)
                .map((row, ctx) -> new Slot(
                        name,
                        true,
                        row.getBoolean("active"),
                        row.getString("wal_status"),
                        row.getObject("retained", Long.class),
                        row.getObject("safe_wal_size", Long.class)))
                .findOne()
                .orElse(new Slot(name, false, false, null, null, null));
    }

    private List<Backfill> backfill(Handle handle) {
        return handle.createQuery("SELECT s.*, coalesce(s.end_block, pg_relation_size(to_regclass("
                        + "quote_ident(s.table_schema) || '.' || quote_ident(s.table_name)))"
                        + " / current_setting('block_size')::bigint, 0) AS total FROM " + Sql.quote(name)
                        + ".scan s ORDER BY gap_id, table_schema, table_name")
                .map((row, ctx) -> new Backfill(
                        row.getString("table_schema") + "." + row.getString("table_name"),
                        row.getLong("next_block"),
                        row.getLong("total"),
                        row.getString("state"),
                        row.getLong("rows_written"),
                        row.getLong("gap_id") == 0 ? "backfill" : "gap " + row.getLong("gap_id")))
                .list();
    }
}
