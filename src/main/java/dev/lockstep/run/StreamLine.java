package dev.lockstep.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Whether the connection of the stream still leads to the server. A network that forgot it tells neither side; but the
 * engine reports to the server every two seconds, and the server says when it last heard of it. One thread at a time.
 */
final class StreamLine {

    /** Longer than a server busy with decoding takes to read a report, shorter than its {@code wal_sender_timeout}. */
    static final Duration SILENCE = Duration.ofSeconds(20);

    private final String slot;
    private long toldAt = System.nanoTime();
    private long activeAt = System.nanoTime();
    private boolean wasActive;
    private boolean wasSilent;

    StreamLine(String slot) {
        this.slot = slot;
    }

    /**
     * Says so once, at the second look in a row: a process that was frozen has not told the server anything either. Then it
     * lets a new stream have its time.
     */
    boolean dead(Connection connection) throws SQLException {
        boolean before = wasSilent;
        wasSilent = silent(connection);
        if (!before || !wasSilent || !past(toldAt)) {
            return false;
        }
        toldAt = System.nanoTime();
        wasActive = false;
        return true;
    }

    /** The server hears nothing, or has given the stream up and nobody opened it again. */
    private boolean silent(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT greatest(r.reply_time, r.backend_start)"
                + " < clock_timestamp() - make_interval(secs => ?)"
                + " FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid"
                + " WHERE s.slot_name = ?")) {
            statement.setDouble(1, (double) SILENCE.toSeconds());
            statement.setString(2, slot);
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    wasActive = true;
                    activeAt = System.nanoTime();
                    return row.getBoolean(1);
                }
                return wasActive && past(activeAt);
            }
        }
    }

    private static boolean past(long nanos) {
        return System.nanoTime() - nanos >= SILENCE.toNanos();
    }
}
