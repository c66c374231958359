package dev.lockstep.bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Watches a sidecar from outside, by SQL alone: when its stream was opened, and when its stored position had passed what
 * was committed before.
 */
final class StreamWatch implements AutoCloseable {

    private final BenchDatabase database;
    private final String lsn;
    private final Thread thread = new Thread(this::watch, "stream-watch");
    private volatile long opened;
    private volatile long passed;

    /** @param lsn what the position has to pass */
    StreamWatch(BenchDatabase database, String lsn) {
        this.database = database;
        this.lsn = lsn;
        thread.setDaemon(true);
        thread.start();
    }

    /** Seconds from the open stream to the position behind the changes. */
    double seconds() throws InterruptedException {
        thread.join(5000);
        if (opened == 0 || passed == 0) {
            throw new IllegalStateException("the stream was not seen to open and to pass " + lsn);
        }
        return (passed - opened) / 1e9;
    }

    private void watch() {
        String slot = "SELECT active FROM pg_replication_slots WHERE slot_name = '" + Product.NAME + "'";
        String position = "SELECT lsn >= '" + lsn + "' FROM " + Product.NAME + ".position";
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            opened = when(statement, slot);
            passed = when(statement, position);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long when(Statement statement, String condition) throws SQLException, InterruptedException {
        while (true) {
            try (ResultSet row = statement.executeQuery(condition)) {
                if (row.next() && row.getBoolean(1)) {
                    return System.nanoTime();
                }
            }
            Thread.sleep(25);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
