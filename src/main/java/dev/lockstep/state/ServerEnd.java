package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.Position;
import dev.lockstep.model.Snapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Where the server's log ends now. */
public final class ServerEnd {

    private ServerEnd() {}

    /** Read before a question, it is where the answer holds at least. */
    public static Position read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text,"
                        + " (SELECT system_identifier FROM pg_control_system()),"
                        + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, now()")) {
            row.next();
            return new Position(
                    Lsn.parse(row.getString(1)),
                    row.getLong(2),
                    row.getInt(3),
                    row.getTimestamp(4).toInstant());
        }
    }

    /** Which transactions have ended. */
    public static Snapshot snapshot(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
            row.next();
            return Snapshot.parse(row.getString(1));
        }
    }
}
