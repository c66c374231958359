package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees who holds up a waiting session, while it waits: once it has given up, the server no longer tells. Connects when
 * first needed. Not thread-safe.
 */
final class Blockers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Blockers.class);

    private static final String BLOCKERS = """
            SELECT DISTINCT b.pid, coalesce(nullif(a.application_name, ''), nullif(a.backend_type, 'client backend'), 'no application name'),
                   coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), ''),
                   coalesce(a.backend_type = 'autovacuum worker', false)
              FROM unnest(pg_blocking_pids(?)) b(pid)
              LEFT JOIN pg_stat_activity a ON a.pid = b.pid
             ORDER BY 1
            """;

    private final Database database;
    private final int waiting;
    private @Nullable Connection connection;
    private List<String> last = List.of();
    private boolean autovacuumAlone;

    /** @param waiting the backend that may have to wait */
    Blockers(Database database, int waiting) {
        this.database = database;
        this.waiting = waiting;
    }

    /**
     * Remembers who blocks right now; what was seen before stays when nobody does. That it cannot look is no reason to
     * end the work it looks at.
     */
    void look() {
        try {
            if (connection == null) {
                connection = database.open("expand-watch");
            }
            look(connection);
        } catch (SQLException | LockstepException e) {
            LOG.debug("cannot see who blocks", e);
        }
    }

    private void look(Connection watch) throws SQLException {
        List<String> seen = new ArrayList<>();
        boolean vacuumAlone = true;
        try (PreparedStatement statement = watch.prepareStatement(BLOCKERS)) {
            statement.setInt(1, waiting);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    seen.add(words(row));
                    vacuumAlone &= row.getBoolean(4);
                }
            }
        }
        if (!seen.isEmpty()) {
            last = seen;
            autovacuumAlone = vacuumAlone;
        }
    }

    private static String words(ResultSet row) throws SQLException {
        if (row.getInt(1) == 0) {
            return "a prepared transaction (see pg_prepared_xacts)";
        }
        String since = row.getString(3);
        return "pid " + row.getInt(1) + " (" + row.getString(2)
                + (since.isEmpty() ? "" : ", in a transaction since " + since) + ")";
    }

    /** Who was last seen, in words; empty when nobody was. */
    String inWords() {
        return String.join(", ", last);
    }

    /** Whether it was an autovacuum and nobody else. */
    boolean autovacuumAlone() {
        return autovacuumAlone;
    }

    void forget() {
        last = List.of();
        autovacuumAlone = false;
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
    }
}
