package dev.lockstep.verify;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.database.Database;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Direction;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
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
import org.jspecify.annotations.Nullable;

/**
 * Compares every mapped table in one exported snapshot, its ranges of heap blocks in parallel: in several snapshots, rows
 * that an UPDATE moves backwards would be missed.
 */
final class SnapshotScan {

    /** Blocks. So many that what each statement costs, a hash table of all agents, does not count. */
    private static final int LARGEST = 4096;

    private static final int SMALLEST = 256;

    /** Of half a second each: what locks a table for longer than all of them is not worth waiting for. */
    private static final int TRIES = 10;

    private record Task(TableComparison comparison, TableName leaf, long from, long to) {}

    /**
     * @param asOf nothing committed after it was seen
     * @param snapshot what was seen, as the server writes it: transactions that were just committing may not be in it
     * @param tables the comparisons, by mapped table
     */
    record Result(Lsn asOf, String snapshot, Map<TableName, TableComparison> tables) {}

    private final Database database;
    private final Mapping mapping;
    private final int workers;
    private final Brake brake;

    /** @param brake asked before each range; snapshot and locks are kept meanwhile, unless somebody waits for them or it gives up */
    SnapshotScan(Database database, Mapping mapping, int workers, Brake brake) {
        this.database = database;
        this.mapping = mapping;
        this.workers = workers;
        this.brake = brake;
    }

    /**
     * @param direction what is in step
     * @param first in auto-commit mode, and left so; compares, too, while the others are still connecting
     * @throws LockstepException when somebody wants a table for himself: he goes first, and what he does to it may change
     *     what has to be compared
     */
    Result run(Connection first, Direction direction) throws SQLException, InterruptedException {
        Map<TableName, TableComparison> tables = new LinkedHashMap<>();
        mapping.tables().forEach(t -> tables.put(t.table(), new TableComparison(mapping, t, direction)));
        CompletableFuture<String> snapshot = new CompletableFuture<>();
        Queue<Task> tasks = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(workers);
        LockWatch watch = new LockWatch(database);
        try {
            List<Future<?>> others = new ArrayList<>();
            for (int i = 1; i < workers; i++) {
                others.add(threads.submit(() -> {
                    follow(snapshot, tasks, watch);
                    return null;
                }));
            }
            return lead(first, tables, tasks, snapshot, others, watch);
        } catch (SQLException e) {
            String wanted = watch.wanted();
            if (wanted != null) {
                throw gaveWay(wanted, e);
            }
            throw e;
        } finally {
            snapshot.cancel(false); // ends those that still wait for it, if there never was one
            threads.shutdown();
            watch.close();
        }
    }

    private Result lead(
            Connection first,
            Map<TableName, TableComparison> tables,
            Queue<Task> tasks,
            CompletableFuture<String> snapshot,
            List<Future<?>> others,
            LockWatch watch)
            throws SQLException, InterruptedException {
        hold(first, present(first, tables));
        try (Statement statement = first.createStatement()) {
            watch.add(first);
            String exported;
            Result result;
            try (ResultSet row = statement.executeQuery(
                    "SELECT pg_export_snapshot(), pg_current_wal_insert_lsn()::text, pg_current_snapshot()::text")) {
                row.next();
                exported = row.getString(1);
                result = new Result(Lsn.parse(row.getString(2)), row.getString(3), tables);
            }
            requireAllLeaves(first, tables);
            tasks.addAll(plan(first, tables));
            snapshot.complete(exported);
            work(first, tasks, watch);
            for (Future<?> other : others) {
                await(other);
            }
            watch.close();
            String wanted = watch.wanted();
            if (wanted != null) {
                throw gaveWay(wanted, null);
            }
            return result;
        } finally {
            tasks.clear();
            watch.close();
            end(first);
        }
    }

    /**
     * Nothing may write a heap anew (VACUUM FULL, CLUSTER, ALTER TABLE) once its blocks are counted: rows behind the last one
     * would not be compared. The lock comes before the snapshot, or rows that such a command took away would be missed. It is
     * waited for shorter than a deadlock is looked for: the victim would be another's migration.
     */
    private static void hold(Connection first, List<TableName> tables) throws SQLException {
        for (int tries = 1; ; tries++) {
            begin(first);
            TableName next = null;
            try (Statement statement = first.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '500ms'");
                for (TableName table : tables) {
                    next = table;
                    statement.execute("LOCK TABLE ONLY " + Sql.quote(table) + " IN ACCESS SHARE MODE");
                }
                statement.execute("SET LOCAL lock_timeout TO DEFAULT");
                return;
            } catch (SQLException e) {
                end(first);
                if (!"55P03".equals(e.getSQLState())) {
                    throw e;
                }
                if (tries == TRIES) {
                    throw gaveWay(String.valueOf(next), e);
                }
            }
        }
    }

    private static LockstepException gaveWay(String table, @Nullable SQLException cause) {
        return LockstepException.notDone(
                "the verification gives way to a session that locks " + table
                        + " (ALTER TABLE, VACUUM FULL or the like); run it again when that is done",
                cause);
    }

    /** Somebody may have added one since they were read. What is added after the snapshot, it does not see. */
    private static void requireAllLeaves(Connection connection, Map<TableName, TableComparison> tables)
            throws SQLException {
        for (TableComparison comparison : tables.values()) {
            Mapping.Scoped table = comparison.table();
            if (table.leaves().equals(List.of(table.table()))) {
                continue;
            }
            TableShape shape =
                    new CatalogReader().read(connection, List.of(table.table())).get(table.table());
            if (shape == null) {
                throw gone(table.table());
            }
            if (!table.leaves().containsAll(shape.leaves())) {
                throw LockstepException.notDone(
                        table.table() + " got a partition since its partitions were read; run it again", null);
            }
        }
    }

    /** What is read: leaves and agents. A partition may have been dropped since the mapping was read. */
    private List<TableName> present(Connection connection, Map<TableName, TableComparison> tables) throws SQLException {
        List<TableName> present = new ArrayList<>(List.of(mapping.agents().table()));
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            for (TableComparison comparison : tables.values()) {
                for (TableName leaf : comparison.table().leaves()) {
                    statement.setString(1, Sql.quote(leaf));
                    try (ResultSet row = statement.executeQuery()) {
                        row.next();
                        if (row.getBoolean(1)) {
                            present.add(leaf);
                        } else if (leaf.equals(comparison.table().table())) {
                            throw gone(leaf);
                        }
                    }
                }
            }
        }
        return present;
    }

    private static LockstepException gone(TableName table) {
        return LockstepException.notDone("table " + table + " is not there any more; see `lockstep check`", null);
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

    private void follow(CompletableFuture<String> snapshot, Queue<Task> tasks, LockWatch watch)
            throws SQLException, InterruptedException {
        try (Connection connection = database.open("verify");
                Statement statement = connection.createStatement()) {
            String exported = snapshot.join();
            if (!tasks.isEmpty()) {
                begin(connection);
                watch.add(connection);
                statement.execute("SET TRANSACTION SNAPSHOT " + Sql.literal(exported));
                work(connection, tasks, watch);
            }
        } catch (SQLException | LockstepException e) {
            tasks.clear(); // no need to go on alone for long
            throw e;
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

    private void work(Connection connection, Queue<Task> tasks, LockWatch watch)
            throws SQLException, InterruptedException {
        Duration took = Duration.ZERO;
        for (Task task = tasks.poll(); task != null && watch.wanted() == null; task = tasks.poll()) {
            brake.step(took);
            if (watch.wanted() != null) {
                return;
            }
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
