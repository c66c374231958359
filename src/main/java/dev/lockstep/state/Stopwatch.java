package dev.lockstep.state;

import dev.lockstep.model.Cost;
import dev.lockstep.model.Position;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;

/**
 * Measures a step. Immutable.
 *
 * @param began end of the server's log when it began, and the server's time
 * @param nanos the process's clock then
 */
public record Stopwatch(Position began, long nanos) {

    public static Stopwatch start(Connection connection) throws SQLException {
        return new Stopwatch(ServerEnd.read(connection), System.nanoTime());
    }

    /** What it took until now. */
    public Cost stop(Connection connection, long rows) throws SQLException {
        double seconds = (System.nanoTime() - nanos) / 1e9;
        return new Cost(rows, seconds, ServerEnd.read(connection).lsn().minus(began.lsn()));
    }

    public Instant beganAt() {
        return began.commitTime();
    }
}
