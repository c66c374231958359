package dev.lockstep.capture;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets standbys keep a copy of the slot, so that it is there after a failover: PostgreSQL 17 and newer. A slot of an older
 * lockstep, or one made by hand, does not say so yet, and only the replication protocol can change it.
 */
public final class FailoverSlot {

    private static final Logger log = LoggerFactory.getLogger(FailoverSlot.class);

    private static final int SINCE = 17;

    private FailoverSlot() {}

    /** Does what can be done; that it cannot is told, and no reason not to stream. Nobody streams from the slot. */
    public static void allow(Database database, Connection connection, String slot) throws SQLException {
        if (connection.getMetaData().getDatabaseMajorVersion() < SINCE || !missing(connection, slot)) {
            return;
        }
        try (Connection walSender = database.openReplication("failover-slot");
                Statement statement = walSender.createStatement()) {
            statement.execute("ALTER_REPLICATION_SLOT " + slot + " (FAILOVER true)");
            log.info("standbys may keep a copy of the slot {} from now on", slot);
        } catch (SQLException e) {
            log.warn("slot {} will not survive a failover (SQLSTATE {})", slot, e.getSQLState());
        } catch (LockstepException e) {
            log.warn("slot {} will not survive a failover: {}", slot, e.getMessage());
        }
    }

    private static boolean missing(Connection connection, String slot) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT FROM pg_replication_slots WHERE slot_name = ? AND NOT failover AND NOT temporary")) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }
}
