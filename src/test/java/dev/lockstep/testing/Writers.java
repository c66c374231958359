package dev.lockstep.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Sessions of the application that a test holds open, or runs beside itself. */
public final class Writers {

    private Writers() {}

    /** An open transaction that has run {@code sql}; closing the connection rolls it back. */
    public static Connection begin(TestDatabase database, String sql) throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
        return connection;
    }

    /** Work of a writer. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    /** Runs beside the caller; {@code join()} on the result tells how it ended. */
    public static CompletableFuture<Void> beside(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(new CompletionException(e));
                    }
                },
                "writer");
        thread.setDaemon(true);
        thread.start();
        return done;
    }
}
