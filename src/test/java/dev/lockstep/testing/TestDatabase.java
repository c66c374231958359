package dev.lockstep.testing;

import dev.lockstep.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A database of one test. Its connections have no settings of lockstep's: they stand for the application. */
public record TestDatabase(DatabaseConfig config) {

    private static final ThreadLocal<Map<TestDatabase, Connection>> KEPT = new ThreadLocal<>();

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(config.url(), config.user(), config.password());
    }

    /** Runs a script in one implicit transaction. */
    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row as text; null when NULL or when there is no row. */
    public String text(String sql) throws SQLException {
        List<List<String>> rows = rows(sql);
        return rows.isEmpty() ? null : rows.get(0).get(0);
    }

    public long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    /** Every row, every column as text. */
    public List<List<String>> rows(String sql) throws SQLException {
        Map<TestDatabase, Connection> kept = KEPT.get();
        if (kept == null) {
            try (Connection connection = connect()) {
                return rows(connection, sql);
            }
        }
        Connection connection = kept.get(this);
        if (connection != null && !connection.isValid(5)) { // the server may have been started anew
            kept.remove(this).close();
            connection = null;
        }
        if (connection == null) {
            connection = connect();
            kept.put(this, connection);
        }
        return rows(connection, sql);
    }

    private static List<List<String>> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            ResultSetMetaData meta = result.getMetaData();
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= meta.getColumnCount(); i++) {
                    row.add(result.getString(i));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    /**
     * Until it is closed, this thread asks each database over one connection: what is asked fifty times a second would take
     * a processor with new ones.
     */
    static Kept keepConnections() {
        if (KEPT.get() != null) {
            return () -> {};
        }
        KEPT.set(new HashMap<>());
        return () -> {
            Map<TestDatabase, Connection> kept = KEPT.get();
            KEPT.remove();
            for (Connection connection : kept.values()) {
                connection.close();
            }
        };
    }

    /** Connections of this thread. */
    interface Kept extends AutoCloseable {
        @Override
        void close() throws SQLException;
    }
}
