package dev.lockstep.run;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Fence;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a new epoch in force: ends what the last holder of the lease left on the server, frozen or not, and raises the
 * fence. After it no transaction of an older epoch commits.
 */
final class Takeover {

    private static final Logger log = LoggerFactory.getLogger(Takeover.class);

    /** The sessions of a tenure are called {@code <name>/run-…}. */
    static final String ROLE = "run-";

    /** Those of them by which changes are applied. */
    static final String LANE = ROLE + "lane-";

    private final String name;
    private final Fence fence;
    private final StopSignal stop;

    Takeover(String name, StopSignal stop) {
        this.name = name;
        this.fence = new Fence(name);
        this.stop = stop;
    }

    void complete(Connection connection, long epoch) throws SQLException, InterruptedException {
        while (true) {
            int ended = endSessions(connection, ROLE) + endStream(connection);
            if (ended > 0) {
                log.info("ended {} sessions that the last run left behind", ended);
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET lock_timeout = '500ms'");
                fence.raise(connection, epoch);
                return;
            } catch (SQLException e) {
                if (!"55P03".equals(e.getSQLState())) {
                    throw e;
                }
            }
            if (stop.pause(Duration.ofMillis(50))) {
                throw new InterruptedException("stopped");
            }
        }
    }

    /**
     * Every session of a tenure with such a role but {@code connection}; how many. A dead one would keep its locks and its
     * origin.
     */
    int endSessions(Connection connection, String rolePrefix) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name LIKE ? AND pid <> pg_backend_pid()")) {
            statement.setString(1, name.replace("_", "\\_") + "/" + rolePrefix + "%");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /**
     * The slot must be free; a stream of ours that still holds it is ended, anybody else's is left alone, and one that is no
     * session any more is just leaving it.
     */
    int endStream(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT s.active_pid, coalesce(a.application_name, '') FROM pg_replication_slots s"
                        + " JOIN pg_stat_activity a ON a.pid = s.active_pid"
                        + " WHERE s.slot_name = ? AND s.active_pid IS NOT NULL")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return 0;
                }
                int pid = row.getInt(1);
                String application = row.getString(2);
                if (!application.startsWith("Debezium") && !application.startsWith(name + "/")) {
                    throw LockstepException.notDone(
                            "replication slot " + name + " is in use by another process (pid " + pid
                                    + ", application_name '" + application
                                    + "'); stop it, or SELECT pg_terminate_backend(" + pid + ")",
                            null);
                }
                try (PreparedStatement end = connection.prepareStatement("SELECT pg_terminate_backend(?)")) {
                    end.setInt(1, pid);
                    end.execute();
                }
                return 1;
            }
        }
    }
}
