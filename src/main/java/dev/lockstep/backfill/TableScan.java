package dev.lockstep.backfill;

import dev.lockstep.backfill.RangeQueue.Range;
import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.KeyArrays;
import dev.lockstep.derive.RowDeriver;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.DeriveSql;
import dev.lockstep.sql.DriftSql;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Scans;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** One table's scan: brings the rows of a range of heap blocks into step, in one transaction with the cursor. */
final class TableScan {

    private static final int CHUNK = 1000;

    /** The table was rewritten or truncated since the scan began: blocks mean other rows now. */
    static final class Rewritten extends Exception {

        private static final long serialVersionUID = 1L;
    }

    private final Scans.Scan scan;
    private final long file;
    private final long end;
    private final Mapping.Scoped table;
    private final DeriveSql derive;
    private final DriftSql drift;
    private final RowDeriver deriver;
    private final Scans scans;
    private final Map<String, AgentMaker.Refusal> impossible;
    private final ScanProgress progress;
    private final RangeQueue queue;
    private final Map<Range, List<RowKey>> held = new ConcurrentHashMap<>();

    /**
     * @param file the file the scan means
     * @param end the block behind the last one
     * @param impossible personas that cannot have an agent
     */
    TableScan(
            String name,
            Mapping mapping,
            Scans.Scan scan,
            long file,
            long end,
            Map<String, AgentMaker.Refusal> impossible,
            ScanProgress progress) {
        this.scan = scan;
        this.file = file;
        this.end = end;
        this.table = mapping.scoped(scan.root()).orElseThrow();
        this.derive = new DeriveSql(mapping, table);
        this.drift = new DriftSql(mapping, table);
        this.deriver = new RowDeriver(mapping, table, new DeadLetters(name));
        this.scans = new Scans(name);
        this.impossible = impossible;
        this.progress = progress;
        this.queue = new RangeQueue(Math.min(scan.nextBlock(), end), end);
    }

    /** Takes the next range and does it; false when there was none left. */
    boolean step(WriteSession session, RangeSize size) throws SQLException, Rewritten {
        Optional<Range> range = queue.take(size.blocks());
        if (range.isEmpty()) {
            return false;
        }
        long started = System.nanoTime();
        work(session, range.get());
        size.took(range.get().blocks(), Duration.ofNanos(System.nanoTime() - started));
        return true;
    }

    /** Tries the rows again that writers held; false when there are none left. */
    boolean retryHeld(WriteSession session) throws SQLException {
        Iterator<Map.Entry<Range, List<RowKey>>> ranges = held.entrySet().iterator();
        while (ranges.hasNext()) {
            Map.Entry<Range, List<RowKey>> entry = ranges.next();
            session.begin();
            long[] written = {0};
            List<RowKey> still = careful(session, entry.getValue(), written);
            if (still.isEmpty()) {
                ranges.remove();
                commit(session, entry.getKey(), written[0]);
            } else {
                entry.setValue(still);
                session.commit();
            }
        }
        return !held.isEmpty();
    }

    private void work(WriteSession session, Range range) throws SQLException, Rewritten {
        try {
            session.begin();
            long written = update(session.connection(), derive.updateByRange(scan.leaf()), range);
            Optional<String> second = derive.updateWithoutPersonaByRange(scan.leaf());
            if (second.isPresent()) {
                written += update(session.connection(), second.get(), range);
            }
            checkFile(session);
            if (!impossible.isEmpty()) {
                List<RowKey> rows = outOfStep(session.connection(), range);
                long[] more = {0};
                List<RowKey> still = careful(session, rows, more);
                finish(session, range, written + more[0], still);
                return;
            }
            commit(session, range, written);
        } catch (SQLException e) {
            ErrorPolicy policy = ErrorPolicy.of(e);
            if (policy != ErrorPolicy.GIVE_WAY && policy != ErrorPolicy.SET_ASIDE) {
                throw e;
            }
            session.rollback();
            workCarefully(session, range);
        }
    }

    private void workCarefully(WriteSession session, Range range) throws SQLException, Rewritten {
        session.begin();
        List<RowKey> rows = outOfStep(session.connection(), range);
        checkFile(session);
        long[] written = {0};
        List<RowKey> still = careful(session, rows, written);
        finish(session, range, written[0], still);
    }

    private void finish(WriteSession session, Range range, long written, List<RowKey> still) throws SQLException {
        if (still.isEmpty()) {
            commit(session, range, written);
        } else {
            scans.advance(session.handle(), scan, file, 0, written);
            session.commit();
            held.put(range, still);
            progress.step(scan.leaf(), queue.done(), end, written);
        }
    }

    private void commit(WriteSession session, Range range, long written) throws SQLException {
        scans.advance(session.handle(), scan, file, queue.doneAfter(range), written);
        session.commit();
        queue.finished(range);
        progress.step(scan.leaf(), queue.done(), end, written);
    }

    /** Returns the rows that somebody holds; GIVE_WAY holds the whole chunk. */
    private List<RowKey> careful(WriteSession session, List<RowKey> rows, long[] written) throws SQLException {
        List<RowKey> still = new ArrayList<>();
        for (int i = 0; i < rows.size(); i += CHUNK) {
            List<RowKey> chunk = List.copyOf(rows.subList(i, Math.min(rows.size(), i + CHUNK)));
            RowDeriver.Outcome outcome = deriver.careful(session.connection(), chunk, impossible);
            written[0] += outcome.written();
            still.addAll(outcome.held());
        }
        return still;
    }

    private List<RowKey> outOfStep(Connection connection, Range range) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(drift.rowsByRange(scan.leaf()))) {
            bind(statement, range);
            try (ResultSet rows = statement.executeQuery()) {
                return KeyArrays.read(rows, table.key().size());
            }
        }
    }

    private static long update(Connection connection, String sql, Range range) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, range);
            return statement.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, Range range) throws SQLException {
        statement.setString(1, "(" + range.from() + ",0)");
        statement.setString(2, "(" + range.to() + ",0)");
    }

    /** Our lock on the table keeps its file until the transaction ends. */
    private void checkFile(WriteSession session) throws SQLException, Rewritten {
        Optional<Heap> now = Heap.read(session.connection(), scan.leaf());
        if (now.isEmpty() || now.get().file() != file) {
            session.rollback();
            throw new Rewritten();
        }
    }

    /** A table's file and its size. */
    record Heap(long file, long blocks) {

        static Optional<Heap> read(Connection connection, TableName table) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT pg_relation_filenode(c.oid), pg_relation_size(c.oid) / current_setting('block_size')::bigint"
                            + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                            + " WHERE n.nspname = ? AND c.relname = ? AND c.relkind = 'r'")) {
                statement.setString(1, table.schema());
                statement.setString(2, table.name());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(new Heap(row.getLong(1), row.getLong(2))) : Optional.empty();
                }
            }
        }
    }
}
