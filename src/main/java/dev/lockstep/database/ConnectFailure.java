package dev.lockstep.database;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.model.LockstepException;
import java.sql.SQLException;

/** Why a connection was refused, as one line with the remedy. Never shows the password. */
final class ConnectFailure {

    private ConnectFailure() {}

    static LockstepException explain(DatabaseConfig config, SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String target = config.address();
        String line = TlsFailure.explain(target, e).orElseGet(() -> switch (state) {
            case "28P01" ->
                "the server refused the password of user " + config.user() + "; set database.password to the right one";
            case "08004" ->
                config.password().isEmpty()
                        ? "the server wants a password of user " + config.user() + "; set database.password"
                        : unreachable(target, state);
            case "28000" ->
                "the server does not let user " + config.user() + " connect from here to " + target
                        + "; allow it in pg_hba.conf, or set the sslmode that it wants";
            case "3D000" -> "there is no database at " + target + "; create it, or correct the URL (database.url)";
            case "53300" ->
                "the server has no connection left for us at " + target + "; raise max_connections or free some";
            case "42704" ->
                "the server at " + target + " does not know a setting that a session of ours asks for; it has to be"
                        + " PostgreSQL 14 or newer, and `options` in database.url must name what it knows";
            case "57P03" -> "the server at " + target + " is starting up or shutting down; try again";
            default -> unreachable(target, state);
        });
        return LockstepException.notDone(line, e);
    }

    private static String unreachable(String target, String state) {
        return "cannot reach " + target + " (SQLSTATE " + (state.isEmpty() ? "none" : state)
                + "); is the server up, and do database.url and the network lead to it?";
    }
}
