package dev.lockstep.verify;

import dev.lockstep.database.Database;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Direction;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compares every mapped table in one exported snapshot, its ranges of heap blocks in parallel: in several snapshots, rows
 * that an UPDATE moves backwards would be missed.
 */
final class SnapshotScan {

    /** Blocks. So many that what each statement costs, a hash table of all agents, does not count. */
    private static final int LARGEST = 4096;

    private static final int SMALLEST = 256;

    private record Task(TableComparison comparison, TableName leaf, long from, long to) {}

    /**
     * @param asOf everything committed before it was seen
     * @param tables the comparisons, by mapped table
     */
    record Result(Lsn asOf, Map<TableName, TableComparison> tables) {}

    private final Database database;
    private final Mapping mapping;
    private final int workers;
    private final Brake brake;

    /** @param brake asked before each range; the snapshot is kept meanwhile */
    SnapshotScan(Database database, Mapping mapping, int workers, Brake brake) {
        this.database = database;
        this.mapping = mapping;
        this.workers = workers;
        this.brake = brake;
    }

    /**
     * @param direction what is in step
     * @param first in auto-commit mode, and left so; compares, too, while the others are still connecting
     */
    Result run(Connection first, Direction direction) throws SQLException, InterruptedException {
        Map<TableName, TableComparison> tables = new LinkedHashMap<>();
        mapping.tables().forEach(t -> tables.put(t.table(), new TableComparison(mapping, t, direction)));
        CompletableFuture<String> snapshot = new CompletableFuture<>();
        Queue<Task> tasks = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(workers);
        try {
            List<Future<?>> others = new ArrayList<>();
            for (int i = 1; i < workers; i++) {
                others.add(threads.submit(() -> {
                    follow(snapshot, tasks);
                    return null;
                }));
            }
            return new Result(lead(first, tables, tasks, snapshot, others), tables);
        } finally {
            snapshot.cancel(false); // ends those that still wait for it, if there never was one
            threads.shutdown();
        }
    }

    private Lsn lead(
            Connection first,
            Map<TableName, TableComparison> tables,
            Queue<Task> tasks,
            CompletableFuture<String> snapshot,
            List<Future<?>> others)
            throws SQLException, InterruptedException {
        begin(first);
        try (Statement statement = first.createStatement()) {
            String exported;
            Lsn asOf;
            try (ResultSet row =
                    statement.executeQuery("SELECT pg_export_snapshot(), pg_current_wal_insert_lsn()::text")) {
                row.next();
                exported = row.getString(1);
                asOf = Lsn.parse(row.getString(2));
            }
            tasks.addAll(plan(first, tables));
            snapshot.complete(exported);
            work(first, tasks);
            for (Future<?> other : others) {
                await(other);
            }
            return asOf;
        } finally {
            end(first);
        }
    }

    private List<Task> plan(Connection connection, Map<TableName, TableComparison> tables) throws SQLException {
        List<Task> whole = new ArrayList<>();
        for (TableComparison comparison : tables.values()) {
            for (TableName leaf : comparison.table().leaves()) {
                whole.add(new Task(comparison, leaf, 0, blocks(connection, leaf)));
            }
        }
        long all = whole.stream().mapToLong(Task::to).sum();
        long rounds = all / (LARGEST * (long) workers) + 1;
        long range = Math.max(SMALLEST, all / (rounds * workers) + 1); // so that all workers end at about the same time
        List<Task> tasks = new ArrayList<>();
        for (Task leaf : whole) {
            for (long from = 0; from < leaf.to(); from += range) {
                tasks.add(new Task(leaf.comparison(), leaf.leaf(), from, Math.min(leaf.to(), from + range)));
            }
        }
        return tasks;
    }

    private void follow(CompletableFuture<String> snapshot, Queue<Task> tasks)
            throws SQLException, InterruptedException {
        try (Connection connection = database.open("verify");
                Statement statement = connection.createStatement()) {
            String exported = snapshot.join();
            if (!tasks.isEmpty()) {
                begin(connection);
                statement.execute("SET TRANSACTION SNAPSHOT " + Sql.literal(exported));
                work(connection, tasks);
            }
        }
    }

    private static void await(Future<?> worker) throws SQLException, InterruptedException {
        try {
            worker.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException sql) {
                throw sql;
            }
            if (e.getCause() instanceof LockstepException failure) {
                throw failure;
            }
            if (e.getCause() instanceof InterruptedException stopped) {
                throw stopped;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void work(Connection connection, Queue<Task> tasks) throws SQLException, InterruptedException {
        Duration took = Duration.ZERO;
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
            brake.step(took);
            long began = System.nanoTime();
            task.comparison().range(connection, task.leaf(), task.from(), task.to());
            took = Duration.ofNanos(System.nanoTime() - began);
        }
    }

    /** A transaction that reads one snapshot. */
    static void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0"); // one waits for the other's range
        }
    }

    static void end(Connection connection) throws SQLException {
        connection.rollback();
        connection.setReadOnly(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        connection.setAutoCommit(true);
    }

    /** Of the heap. */
    static long blocks(Connection connection, TableName table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT coalesce(pg_relation_size(to_regclass(?)), 0) / current_setting('block_size')::bigint")) {
            statement.setString(1, Sql.quote(table));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
