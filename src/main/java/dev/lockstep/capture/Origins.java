package dev.lockstep.capture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Whether the server may leave out commits with an origin: that leaves out everybody's, so only when all are ours. Origins
 * are the server's, not a database's; those of a lockstep in another database, told by its slot, do not write in this one.
 */
public final class Origins {

    private Origins() {}

    public static boolean mayAskForNone(Connection connection, String name) throws SQLException {
        if (connection.getMetaData().getDatabaseMajorVersion() < 16) {
            return false;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT NOT EXISTS (SELECT FROM pg_replication_origin o WHERE NOT starts_with(roname, ?)"
                        + " AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.database <> current_database()"
                        + " AND starts_with(o.roname, s.slot_name || '_')))"
                        + " AND NOT EXISTS (SELECT subname FROM pg_subscription)")) {
            statement.setString(1, name + "_");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
