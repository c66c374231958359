package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.sql.ExpandStep;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * Runs steps on one connection: each with its limits, again when a lock was not to be had, and ended at once when the
 * calling thread is interrupted. Not thread-safe.
 */
final class StepRunner implements AutoCloseable {

    /** Looking takes locks inside the server, so a long index build is looked at less and less often. */
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(10);

    private static final Duration CANCEL_EVERY = Duration.ofMillis(50);

    private final Connection connection;
    private final Blockers blockers;
    private final Patience patience;
    private final Sleeper sleeper;
    private final RandomGenerator random;

    /** @param connection in auto-commit mode; the caller closes it */
    StepRunner(Database database, Connection connection, Patience patience, Sleeper sleeper, RandomGenerator random)
            throws SQLException {
        this.connection = connection;
        this.blockers = new Blockers(database, backendOf(connection));
        this.patience = patience;
        this.sleeper = sleeper;
        this.random = random;
    }

    private static int backendOf(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }

    /**
     * Runs {@code step} to its end.
     *
     * @throws LockstepException of kind NOT_DONE when it cannot be done now; the step then did nothing, or left an
     *     invalid index that the next plan drops
     */
    void run(ExpandStep step) {
        blockers.forget();
        for (int attempt = 1; ; attempt++) {
            try {
                attempt(step);
                return;
            } catch (SQLException e) {
                if (!StepFailure.passes(e) || attempt == patience.attempts()) {
                    throw StepFailure.explain(step, e, attempt, blockers.inWords());
                }
                pause(step, attempt);
            }
        }
    }

    private void pause(ExpandStep step, int attempt) {
        try {
            sleeper.sleep(patience.pauseAfter(attempt, random.nextDouble()));
        } catch (InterruptedException e) {
            throw interrupted(step, e);
        }
    }

    private void attempt(ExpandStep step) throws SQLException {
        Patience limits = blockers.autovacuumAlone() ? Limits.pastAutovacuum(patience) : patience;
        if (step.inTransaction()) {
            watched(step, statement -> transaction(statement, step, limits));
        } else {
            watched(step, statement -> statements(statement, step, limits));
        }
    }

    private void transaction(Statement statement, ExpandStep step, Patience limits) throws SQLException {
        connection.setAutoCommit(false);
        try {
            statements(statement, step, limits);
            connection.commit();
        } catch (SQLException e) {
            rollback(e);
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    private void rollback(SQLException cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private static void statements(Statement statement, ExpandStep step, Patience limits) throws SQLException {
        for (String sql : Limits.before(step.mode(), limits)) {
            statement.execute(sql);
        }
        for (String sql : step.sql()) {
            statement.execute(sql);
        }
        for (String sql : Limits.after(step.mode())) {
            statement.execute(sql);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run(Statement statement) throws SQLException;
    }

    /** The statements run in a thread of their own, so that this one can watch who blocks them, and can be interrupted. */
    private void watched(ExpandStep step, Work work) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            Thread worker = new Thread(() -> complete(done, statement, work), "lockstep-expand");
            worker.setDaemon(true);
            worker.start();
            try {
                await(done);
            } catch (InterruptedException e) {
                cancel(statement, done);
                throw interrupted(step, e);
            }
        }
    }

    private static void complete(CompletableFuture<Void> done, Statement statement, Work work) {
        try {
            work.run(statement);
            done.complete(null);
        } catch (SQLException | RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    private void await(CompletableFuture<Void> done) throws SQLException, InterruptedException {
        long look = patience.lockTimeout().toMillis() / 4 + 1;
        while (true) {
            try {
                done.get(look, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                blockers.look();
                look = Math.min(2 * look, LOOK_AT_LEAST_EVERY.toMillis());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException sql) {
                    throw sql;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** A cancel request that arrives between two statements is lost; hence more than one. */
    private static void cancel(Statement statement, CompletableFuture<Void> done) {
        while (!done.isDone()) {
            try {
                statement.cancel();
                done.get(CANCEL_EVERY.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException | InterruptedException e) {
                // Still running; interrupted is what we already are.
            } catch (SQLException | ExecutionException e) {
                return;
            }
        }
    }

    private static LockstepException interrupted(ExpandStep step, InterruptedException e) {
        Thread.currentThread().interrupt();
        return LockstepException.notDone(
                "interrupted at: " + step.title() + "; what was done before stays, run the command again", e);
    }

    @Override
    public void close() throws SQLException {
        blockers.close();
    }
}
