package dev.lockstep.vector.postgres;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.vector.StoreFailure;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One connection with a thread of its own, because a wait inside the driver heeds no interrupt. Connects with the first
 * question, and anew after every failure. One thread at a time.
 */
final class PostgresSession implements AutoCloseable {

    private final String url;
    private final Properties properties;
    private final TableName name;
    private final Duration timeout;
    private final PostgresFailures failures;
    private @Nullable Worker worker;

    PostgresSession(String url, String user, @Nullable String password, TableName name, Duration timeout) {
        this.url = url;
        this.properties = properties(user, password, timeout);
        this.name = name;
        this.timeout = timeout;
        this.failures = new PostgresFailures(url.replaceFirst("\\?.*", ""), user, name, timeout);
    }

    /** What is done on the connection. It is in auto-commit mode, and closed when this throws. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection, PostgresTable table) throws SQLException;
    }

    /** @param columns if one is missing, the table is looked at again first */
    <T> T run(Collection<String> columns, Work<T> work) {
        if (Thread.currentThread().isInterrupted()) {
            throw failures.interrupted(new InterruptedException());
        }
        Worker current = worker == null ? new Worker() : worker;
        worker = current;
        Future<T> running = current.thread.submit(() -> work.on(current.connection(), current.table(columns)));
        boolean done = false;
        try {
            T answer = running.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            done = true;
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failures.interrupted(e);
        } catch (TimeoutException e) {
            throw failures.tooSlow(e);
        } catch (ExecutionException e) {
            throw explain(e);
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private StoreFailure explain(ExecutionException e) {
        if (e.getCause() instanceof SQLException sql) {
            return failures.explain(sql);
        }
        return e.getCause() instanceof StoreFailure failure
                ? failure
                : new StoreFailure("lockstep failed at " + failures.address() + "; report it", e.getCause());
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.end();
            worker = null;
        }
    }

    private static Properties properties(String user, @Nullable String password, Duration timeout) {
        String seconds = String.valueOf(Math.max(1, timeout.plusMillis(999).toSeconds()));
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", "lockstep/vectors");
        properties.setProperty(
                "options",
                "-c statement_timeout=" + timeout.toMillis() + " -c idle_in_transaction_session_timeout=60s");
        properties.setProperty("logServerErrorDetail", "false"); // DETAIL quotes rows
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds); // ends the thread of a question that was given up
        properties.setProperty("tcpKeepAlive", "true");
        return properties;
    }

    /** The connection and its thread. */
    private final class Worker {

        private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(work, "postgres-store");
            made.setDaemon(true);
            return made;
        });
        private @Nullable Connection connection;
        private boolean ended;
        private @Nullable PostgresTable table;

        private Connection connection() throws SQLException {
            Connection opened = current();
            return opened == null ? keep(DriverManager.getConnection(url, properties)) : opened;
        }

        private synchronized @Nullable Connection current() {
            return connection;
        }

        private synchronized Connection keep(Connection opened) throws SQLException {
            if (ended) {
                opened.close();
                throw new SQLException("given up while it connected", "08000");
            }
            connection = opened;
            return opened;
        }

        private PostgresTable table(Collection<String> columns) throws SQLException {
            PostgresTable known = table;
            if (known == null || !known.hasAll(columns)) {
                TableShape shape =
                        new CatalogReader().read(connection(), List.of(name)).get(name);
                if (shape == null) {
                    throw failures.missing();
                }
                known = PostgresTable.of(shape);
                table = known;
            }
            return known;
        }

        /** From another thread than its own, which may be waiting for the server. */
        private synchronized void end() {
            ended = true;
            thread.shutdown();
            if (connection != null) {
                try {
                    connection.abort(Runnable::run);
                } catch (SQLException e) {
                    // it is gone, which is what was wanted
                }
            }
        }
    }
}
