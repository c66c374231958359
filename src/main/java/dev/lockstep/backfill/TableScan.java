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
import dev.lockstep.model.TimedSize;
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
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private final Mapping mapping;
    private final RowDeriver deriver;
    private final Scans scans;
    private final AgentMaker agents;
    private final ScanProgress progress;
    private final RangeQueue queue;
    private final Set<Range> held = ConcurrentHashMap.newKeySet();

    /**
     * @param file the file the scan means
     * @param end the block behind the last one
     * @param agents makes those that are missing; used by several workers, each with a session of its own
     */
    TableScan(
            String name,
            Mapping mapping,
            Scans.Scan scan,
            long file,
            long end,
            AgentMaker agents,
            ScanProgress progress) {
        this.scan = scan;
        this.file = file;
        this.end = end;
        this.table = mapping.scoped(scan.root()).orElseThrow();
        this.mapping = mapping;
        this.deriver = new RowDeriver(mapping, table, new DeadLetters(name));
        this.scans = new Scans(name);
        this.agents = agents;
        this.progress = progress;
        this.queue = new RangeQueue(Math.min(scan.nextBlock(), end), end);
    }

    /** Takes the next range and does it; false when there was none left. */
    boolean step(WriteSession session, TimedSize size) throws SQLException, Rewritten {
        Optional<Range> range = queue.take(size.items());
        if (range.isEmpty()) {
            return false;
        }
        long started = System.nanoTime();
        work(session, range.get());
        size.took(range.get().blocks(), Duration.ofNanos(System.nanoTime() - started));
        return true;
    }

    /** Tries the ranges again in which writers held rows; false when there are none left. */
    boolean retryHeld(WriteSession session) throws SQLException, Rewritten {
        for (Range range : List.copyOf(held)) {
            held.remove(range);
            workCarefully(session, range, Map.of());
        }
        return !held.isEmpty();
    }

    private void work(WriteSession session, Range range) throws SQLException, Rewritten {
        try {
            session.begin();
            DeriveSql derive = new DeriveSql(mapping, table, session.direction());
            long written = update(session.connection(), derive.updateByRange(scan.leaf()), range);
            Optional<String> second = derive.updateWithoutPersonaByRange(scan.leaf());
            if (second.isPresent()) {
                written += update(session.connection(), second.get(), range);
            }
            checkFile(session);
            List<String> agentless = personasWithoutAgent(session.connection(), derive, range);
            if (agentless.isEmpty() && !conflict(session.connection(), derive, range)) {
                commit(session, range, written);
                return;
            }
            session.rollback();
            workCarefully(session, range, agents.ensure(session, agentless).impossible());
        } catch (SQLException e) {
            ErrorPolicy policy = ErrorPolicy.of(e);
            if (policy != ErrorPolicy.GIVE_WAY && policy != ErrorPolicy.SET_ASIDE) {
                throw e;
            }
            session.rollback();
            workCarefully(session, range, Map.of());
        }
    }

    /** Until no row of the range lacks an agent that it could have: one may be deleted, or come, at any time. */
    private void workCarefully(WriteSession session, Range range, Map<String, AgentMaker.Refusal> refused)
            throws SQLException, Rewritten {
        Map<String, AgentMaker.Refusal> impossible = new HashMap<>(refused);
        Set<RowKey> still = new LinkedHashSet<>();
        long written = 0;
        while (true) {
            session.begin();
            List<RowKey> rows = outOfStep(session, range);
            checkFile(session);
            List<String> agentless = new ArrayList<>();
            still.clear();
            for (int i = 0; i < rows.size(); i += CHUNK) {
                List<RowKey> chunk = List.copyOf(rows.subList(i, Math.min(rows.size(), i + CHUNK)));
                RowDeriver.Outcome outcome = deriver.careful(session, chunk, impossible);
                written += outcome.written();
                still.addAll(outcome.held());
                agentless.addAll(deriver.personasWithoutAgent(session, outcome.orphans()));
            }
            if (agentless.isEmpty()) {
                finish(session, range, written, List.copyOf(still));
                return;
            }
            advance(session, 0, written);
            session.commit();
            written = 0;
            impossible.putAll(agents.ensure(session, agentless).impossible());
        }
    }

    private void finish(WriteSession session, Range range, long written, List<RowKey> still) throws SQLException {
        if (still.isEmpty()) {
            commit(session, range, written);
        } else {
            advance(session, 0, written);
            session.commit();
            held.add(range);
            progress.step(scan.leaf(), queue.done(), end, written);
        }
    }

    private void commit(WriteSession session, Range range, long written) throws SQLException {
        advance(session, queue.doneAfter(range), written);
        session.commit();
        queue.finished(range);
        progress.step(scan.leaf(), queue.done(), end, written);
    }

    /** Several workers move one cursor: here, and only here, they wait for one another. */
    private void advance(WriteSession session, long next, long written) throws SQLException {
        session.tell(handle -> {
            handle.execute("SET LOCAL lock_timeout = '5s'");
            scans.advance(handle, scan, file, next, written);
        });
    }

    private List<String> personasWithoutAgent(Connection connection, DeriveSql derive, Range range)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(derive.personasWithoutAgentByRange(scan.leaf()))) {
            bind(statement, range);
            try (ResultSet rows = statement.executeQuery()) {
                List<String> personas = new ArrayList<>();
                while (rows.next()) {
                    personas.add(rows.getString(1));
                }
                return personas;
            }
        }
    }

    private boolean conflict(Connection connection, DeriveSql derive, Range range) throws SQLException {
        Optional<String> sql = derive.conflictsByRange(scan.leaf());
        if (sql.isEmpty()) {
            return false;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql.get())) {
            bind(statement, range);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    private List<RowKey> outOfStep(WriteSession session, Range range) throws SQLException {
        DriftSql drift = new DriftSql(mapping, table, session.direction());
        try (PreparedStatement statement = session.connection().prepareStatement(drift.rowsByRange(scan.leaf()))) {
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
