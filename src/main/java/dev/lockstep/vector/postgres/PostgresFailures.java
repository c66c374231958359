package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableName;
import dev.lockstep.vector.StoreFailure;
import java.sql.SQLException;
import java.time.Duration;

/** The driver's errors as one line with the remedy, without what the server quotes; pure. */
record PostgresFailures(String address, String user, TableName table, Duration timeout) {

    StoreFailure explain(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String line = switch (state) {
            case "28P01", "28000" ->
                address + " refused user " + user + "; set its password, or allow it in pg_hba.conf";
            case "3D000" -> "there is no database at " + address + "; correct the URL";
            case "42501" ->
                "user " + user + " may not do this at " + address + "; GRANT SELECT, UPDATE, DELETE ON "
                        + PostgresSql.quote(table) + " to it";
            case "42P01", "42703" -> "the table " + table + " at " + address + " has just been changed; try again";
            case "57014" -> slow();
            default ->
                isConnection(state)
                        ? "cannot reach " + address + " (SQLSTATE " + (state.isEmpty() ? "none" : state)
                                + "); is it up, and does its URL lead to it?"
                        : "the table " + table + " at " + address + " refused what was asked of it (SQLSTATE " + state
                                + "); see the server's log";
        };
        return new StoreFailure(line, e);
    }

    StoreFailure missing() {
        return new StoreFailure(
                address + " has no table " + table + "; correct the name or let the application make it", null);
    }

    StoreFailure tooSlow(Throwable e) {
        return new StoreFailure(slow(), e);
    }

    StoreFailure interrupted(Throwable e) {
        return new StoreFailure(address + " was not waited for: interrupted", e);
    }

    private String slow() {
        return address + " did not answer within " + timeout.toMillis() + " ms; is it overloaded, or the table locked?";
    }

    private static boolean isConnection(String state) {
        return state.isEmpty() || state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
    }
}
