package dev.lockstep.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Legacy writers at a fixed rate, whatever the answers take: transaction {@code i} is due at {@code i / rate}, and is
 * counted from then even when a writer comes late to it.
 */
final class OpenLoop {

    private static final int WRITERS = 8;

    /** One transaction: an insert, or another persona for an old row. */
    record Transaction(String sql, List<String> parameters) {}

    private final long[] due;
    private final long[] committed;

    OpenLoop(int transactions) {
        this.due = new long[transactions];
        this.committed = new long[transactions];
    }

    /** When each was due. */
    long[] due() {
        return due;
    }

    /** When each had been committed, as its writer learnt. */
    long[] committed() {
        return committed;
    }

    void run(BenchDatabase database, List<Transaction> transactions, int perSecond)
            throws InterruptedException, ExecutionException {
        long start = System.nanoTime() + 200_000_000L;
        for (int i = 0; i < due.length; i++) {
            due[i] = start + i * 1_000_000_000L / perSecond;
        }
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(threads.submit(() -> {
                try (Connection connection = database.connect()) {
                    for (int n = next.getAndIncrement(); n < due.length; n = next.getAndIncrement()) {
                        write(connection, transactions.get(n), n);
                    }
                }
                return null;
            }));
        }
        for (Future<?> writer : writers) {
            writer.get();
        }
        threads.shutdown();
    }

    private void write(Connection connection, Transaction transaction, int n) throws SQLException {
        for (long wait = due[n] - System.nanoTime(); wait > 0; wait = due[n] - System.nanoTime()) {
            LockSupport.parkNanos(wait);
        }
        try (PreparedStatement statement = connection.prepareStatement(transaction.sql())) {
            for (int i = 0; i < transaction.parameters().size(); i++) {
                statement.setString(i + 1, transaction.parameters().get(i));
            }
            statement.executeUpdate();
        }
        committed[n] = System.nanoTime();
    }
}
