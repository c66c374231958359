package dev.lockstep.run;

import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.capture.GuardFacts;
import dev.lockstep.database.Handles;
import dev.lockstep.expand.Expander;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.Positions;
import dev.lockstep.state.Scans;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.state.StoreSweeps;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores the stream after a gap: records it, makes the publication right and the slot anew, starts the position there
 * and plans a scan of every table. A slot that came through a failover is kept: what is behind it need not wait for the
 * scan. Killed anywhere, the next start finds the gap again and finishes it.
 */
final class GapRestorer {

    private static final Logger log = LoggerFactory.getLogger(GapRestorer.class);

    private final String name;
    private final Mapping mapping;
    private final Expander expander;
    private final Gaps gaps;
    private final Scans scans;
    private final Positions positions;

    GapRestorer(String name, Mapping mapping, Expander expander) {
        this.name = name;
        this.mapping = mapping;
        this.expander = expander;
        this.gaps = new Gaps(name);
        this.scans = new Scans(name);
        this.positions = new Positions(name);
    }

    /** Returns the new position. {@code connection} is in auto-commit mode, nobody uses the slot. */
    Position restore(Connection connection, GuardFacts facts, List<GuardFacts.Violation> violations)
            throws SQLException {
        String reason = violations.stream().map(GuardFacts.Violation::id).collect(Collectors.joining(","));
        String detail = violations.stream().map(GuardFacts.Violation::detail).collect(Collectors.joining("; "));
        boolean goesOn = GuardFacts.streamGoesOn(violations);
        Position before = facts.position();
        Lsn last = before == null ? null : before.lsn();
        long gap = Handles.ask(connection, handle -> gaps.record(handle, reason, detail, last));
        log.error(
                "gap {}: {}. Changes may have been lost: the stream {} and every table is scanned",
                gap,
                detail,
                goesOn ? "goes on from its slot" : "starts anew");
        Position end = ServerEnd.read(connection);
        Position start;
        if (before != null && goesOn) {
            start = new Position(before.lsn(), end.systemId(), end.timeline(), before.commitTime());
        } else {
            if (facts.slot() != null && facts.slot().usable()) {
                dropSlot(connection);
            }
            expander.expand();
            start = new Position(confirmed(connection), end.systemId(), end.timeline(), end.commitTime());
        }
        Handles.tell(
                connection,
                handle -> handle.useTransaction(tx -> {
                    positions.restart(tx, start);
                    scans.create(tx, gap, ScanRunner.leaves(mapping));
                    new StoreSweeps(name).wantAll(tx);
                    gaps.restored(tx, gap, start.lsn());
                }));
        return start;
    }

    private void dropSlot(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    private Lsn confirmed(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("the slot is gone again", "55000");
                }
                return Lsn.parse(row.getString(1));
            }
        }
    }
}
