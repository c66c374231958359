package dev.lockstep.demo;

import dev.lockstep.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A connection of the legacy application, opened when needed and again after an error. Not thread-safe. */
final class LegacySession {

    private final String role;
    private final DatabaseConfig config;
    private final LegacyStatements statements;
    private final LegacyTally tally;
    private @Nullable Connection connection;
    private long rows;

    LegacySession(String role, DatabaseConfig config, LegacyStatements statements, LegacyTally tally) {
        this.role = role;
        this.config = config;
        this.statements = statements;
        this.tally = tally;
    }

    /** Runs the statements of a transaction and leaves it open; false when it failed. */
    boolean begin(LegacyKind kind) {
        try {
            Connection open = connection;
            if (open == null) {
                open = connect();
                connection = open;
            }
            rows = statements.run(kind, open);
            return true;
        } catch (SQLException e) {
            failed(e);
            return false;
        }
    }

    /** Ends the open transaction. */
    void end(LegacyKind kind) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        try {
            if (kind == LegacyKind.ROLLED_BACK) {
                open.rollback();
                statements.rolledBack();
            } else {
                open.commit();
                statements.committed();
            }
            tally.ended(kind, rows);
        } catch (SQLException e) {
            failed(e);
        }
    }

    private void failed(SQLException e) {
        statements.rolledBack();
        tally.failed(String.valueOf(e.getSQLState()));
        close();
    }

    void close() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            tally.failed("close");
        }
        connection = null;
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", config.user());
        properties.setProperty("password", config.password());
        properties.setProperty("ApplicationName", "legacy/" + role);
        properties.setProperty("connectTimeout", "5");
        Connection made = DriverManager.getConnection(config.url(), properties);
        made.setAutoCommit(false);
        return made;
    }
}
