package dev.lockstep.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A database as the application sees it: connections without any setting of lockstep's. */
record BenchDatabase(BenchServer server, String name, int port) implements AutoCloseable {

    String url() {
        return "jdbc:postgresql://localhost:" + port + "/" + name;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), "postgres", "postgres");
    }

    void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String text(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            if (!row.next()) {
                throw new SQLException("no row: " + sql);
            }
            return String.valueOf(row.getString(1));
        }
    }

    long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    /** Seconds one statement takes on a connection that is open already. */
    double seconds(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            long started = System.nanoTime();
            statement.execute(sql);
            return (System.nanoTime() - started) / 1e9;
        }
    }

    /** Drops it. */
    @Override
    public void close() throws SQLException {
        server.drop(this);
    }
}
