package dev.lockstep.expand;

import dev.lockstep.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sees who holds up a waiting session, while it waits: once it has given up, the server no longer tells. Connects when
 * first needed. Not thread-safe.
 */
final class Blockers implements AutoCloseable {

    private static final String BLOCKERS = """
            SELECT DISTINCT b.pid, coalesce(nullif(a.application_name, ''), 'no application name'),
                   coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '')
              FROM unnest(pg_blocking_pids(?)) b(pid)
              LEFT JOIN pg_stat_activity a ON a.pid = b.pid
             ORDER BY 1
            """;

    private final Database database;
    private final int waiting;
    private @Nullable Connection connection;
    private List<String> last = List.of();

    /** @param waiting the backend that may have to wait */
    Blockers(Database database, int waiting) {
        this.database = database;
        this.waiting = waiting;
    }

    /** Remembers who blocks right now; what was seen before stays when nobody does. */
    void look() throws SQLException {
        if (connection == null) {
            connection = database.open("expand-watch");
        }
        List<String> seen = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(BLOCKERS)) {
            statement.setInt(1, waiting);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    seen.add(words(row));
                }
            }
        }
        if (!seen.isEmpty()) {
            last = seen;
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

    void forget() {
        last = List.of();
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
    }
}
