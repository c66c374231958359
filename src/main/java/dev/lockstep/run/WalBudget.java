package dev.lockstep.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns when the slot holds more than half of the WAL that the server will keep for it. */
final class WalBudget {

    private static final Logger log = LoggerFactory.getLogger(WalBudget.class);
    private static final Duration TELL_EVERY = Duration.ofMinutes(1);
    private static final long HALF = 50;

    private final String slot;
    private long toldAt = System.nanoTime() - TELL_EVERY.toNanos();

    WalBudget(String slot) {
        this.slot = slot;
    }

    void look(Connection connection) throws SQLException {
        if (System.nanoTime() - toldAt < TELL_EVERY.toNanos()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8, safe_wal_size"
                        + " FROM pg_replication_slots WHERE slot_name = ? AND safe_wal_size IS NOT NULL")) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                if (row.next() && used(row.getLong(1), row.getLong(2)) >= HALF) {
                    toldAt = System.nanoTime();
                    log.warn(
                            "WAL budget: the slot {} holds {} MB, and {} MB are left before the server drops it"
                                    + " (max_slot_wal_keep_size): {} % are used up; raise it, or help the stream on",
                            slot, row.getLong(1) >> 20, row.getLong(2) >> 20, used(row.getLong(1), row.getLong(2)));
                }
            }
        }
    }

    /** In percent. Pure. */
    static long used(long held, long left) {
        long safe = Math.max(0, left);
        return held <= 0 ? 0 : 100 * held / (held + safe);
    }
}
