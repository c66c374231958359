package dev.lockstep.state;

import dev.lockstep.model.Conflict;
import dev.lockstep.model.Direction;
import dev.lockstep.model.Phase;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Shuts out processes that were replaced. A writing transaction begins with {@link #lock} and goes on only with its own
 * epoch; {@link #raise} waits for those that are under way, and none of an older epoch commits after it.
 */
public final class Fence {

    /** Seats 0 to 7 belong to the lanes, 8 to 15 to the scans. */
    public static final int SCAN_SEAT = 8;

    /** The seat of whatever else {@code run} writes: agents, position, dead letters. */
    public static final int RUN_SEAT = 16;

    /** The first seat of those that keep stores outside the database. */
    public static final int STORE_SEAT = 17;

    /** The first seat of commands that write beside a {@code run}. */
    public static final int COMMAND_SEAT = 24;

    /** The first seat of the tasks of a Kafka Connect sink. */
    public static final int CONNECT_SEAT = 32;

    /** The first seat of the commands that turn the direction. */
    public static final int TURN_SEAT = 64;

    /** So many seats there are. */
    public static final int SEATS = 68;

    private final String lockSql;
    private final String readSql;
    private final String raiseSql;

    public Fence(String name) {
        String table = Sql.quote(name) + ".fence";
        this.lockSql = "SELECT epoch, phase, conflict, pg_current_snapshot()::text FROM " + table
                + " WHERE seat = ? FOR SHARE";
        this.readSql = "SELECT epoch, phase, conflict, pg_current_snapshot()::text FROM " + table + " WHERE seat = ?";
        this.raiseSql = "UPDATE " + table + " SET epoch = ? WHERE epoch < ?";
    }

    /**
     * @param epoch the epoch in force
     * @param phase how far the migration is
     * @param direction which column leads, and who wins
     * @param snapshot {@code pg_current_snapshot()} of the statement
     */
    public record Reading(long epoch, Phase phase, Direction direction, String snapshot) {}

    /** Locks the seat for the transaction of {@code connection} and reads it. */
    public Reading lock(Connection connection, int seat) throws SQLException {
        return read(connection, lockSql, seat);
    }

    /** Reads without locking. */
    public Reading read(Connection connection) throws SQLException {
        return read(connection, readSql, 0);
    }

    /** Puts {@code epoch} in force; returns when no transaction of an older one is under way. */
    public void raise(Connection connection, long epoch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(raiseSql)) {
            statement.setLong(1, epoch);
            statement.setLong(2, epoch);
            statement.executeUpdate();
        }
    }

    private static Direction direction(Phase phase, Conflict conflict) {
        if (phase == Phase.SYNC) {
            return Direction.PERSONA_LEADS;
        }
        return switch (conflict) {
            case REPORT -> Direction.AGENT_LEADS;
            case AGENT -> Direction.AGENT_WINS;
            case PERSONA -> Direction.PERSONA_WINS;
        };
    }

    private static Reading read(Connection connection, String sql, int seat) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, seat);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("the fence has no seat " + seat, "02000");
                }
                Phase phase = Phase.valueOf(row.getString(2));
                return new Reading(
                        row.getLong(1), phase, direction(phase, Conflict.valueOf(row.getString(3))), row.getString(4));
            }
        }
    }
}
