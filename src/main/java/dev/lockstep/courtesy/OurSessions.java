package dev.lockstep.courtesy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/** Our sessions in the server that work on the stream, and the processes that Linux has for them. */
final class OurSessions {

    private static final String SESSIONS = "SELECT pid, client_port, pid = pg_backend_pid() FROM pg_stat_activity"
            + " WHERE usename = session_user AND datname = current_database() AND (pid = pg_backend_pid()"
            + " OR application_name ~ ? OR pid = (SELECT active_pid FROM pg_replication_slots WHERE slot_name = ?))";

    private static final String WORKERS = "/(run-(lane|store)-.*|capture)$";

    private final String name;

    /** @param name the configured one: of the sessions, and of the slot */
    OurSessions(String name) {
        this.name = name;
    }

    /**
     * One of them.
     *
     * @param port of this end: it tells the process from one that has the number by chance, or in another container
     */
    record Session(int pid, int port) {

        LinuxTask task() {
            return LinuxTask.process(pid);
        }

        boolean there() {
            try {
                String title = task().title();
                return title.startsWith("postgres") && title.contains("(" + port + ")");
            } catch (IOException e) {
                return false;
            }
        }
    }

    /**
     * What there is now.
     *
     * @param asking by which it was asked for
     */
    record Found(Session asking, Set<Session> working) {}

    Found find(Connection open) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(SESSIONS)) {
            statement.setString(1, "^" + name + WORKERS);
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                Session asking = new Session(0, 0);
                Set<Session> working = new HashSet<>();
                while (row.next()) {
                    Session session = new Session(row.getInt(1), row.getInt(2));
                    if (row.getBoolean(3)) {
                        asking = session;
                    } else {
                        working.add(session);
                    }
                }
                return new Found(asking, working);
            }
        }
    }
}
