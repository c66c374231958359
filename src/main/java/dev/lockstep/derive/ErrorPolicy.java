package dev.lockstep.derive;

import dev.lockstep.model.LockstepException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** What an error of the server means for the work in hand: one table, and what is not in it stops. */
public enum ErrorPolicy {
    /** Somebody holds a lock: give way and come back for the row. */
    GIVE_WAY,
    /** The row is at fault: set it aside, go on with the others. */
    SET_ASIDE,
    /** The server or the network is at fault for now: try again. */
    RETRY,
    /** Nobody can say: stop and let the operator look. */
    STOP;

    private static final Pattern FUNCTION =
            Pattern.compile("PL/pgSQL (?:function|inline) ?([\\w.\"]*)\\([^)]*\\) line (\\d+)");

    public static ErrorPolicy of(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        return switch (state) {
            case "55P03", "57014", "40P01" -> GIVE_WAY; // lock_timeout, statement_timeout, deadlock
            case "40001", "55000", "55006", "57P01", "57P02", "57P03", "25006", "25P03", "57P05" -> RETRY;
            case "P0001", "P0002", "P0003", "P0004", "44000", "54000" -> SET_ASIDE; // raised by a trigger
            default -> ofClass(state.isEmpty() ? "" : state.substring(0, 2));
        };
    }

    private static ErrorPolicy ofClass(String sqlClass) {
        return switch (sqlClass) {
            case "08", "53", "58", "" -> RETRY; // connection, resources, disk; none: the driver lost the connection
            case "21", "22", "23", "27", "38", "39" -> SET_ASIDE; // data, constraints, triggered actions
            default -> STOP;
        };
    }

    /** Whether what made {@code e} may pass by itself: the server could not be reached, or was not ready. */
    public static boolean passes(LockstepException e) {
        return e.kind() == LockstepException.Kind.NOT_DONE
                && !(e instanceof Refused)
                && e.getCause() instanceof SQLException;
    }

    /** One line about an error that says nothing of a row's content: SQLSTATE, and the server's names. */
    public static String describe(SQLException e) {
        if (e instanceof PSQLException psql && psql.getServerErrorMessage() != null) {
            var message = psql.getServerErrorMessage();
            StringBuilder line = new StringBuilder("SQLSTATE ").append(e.getSQLState());
            append(line, "table", message.getTable());
            append(line, "column", message.getColumn());
            append(line, "constraint", message.getConstraint());
            append(line, "routine", message.getRoutine());
            append(line, "in", function(message.getWhere()));
            return line.toString();
        }
        String state = e.getSQLState();
        return state == null
                ? "no SQLSTATE: " + e.getClass().getSimpleName().toLowerCase(Locale.ROOT)
                : "SQLSTATE " + state;
    }

    /** The function that raised it, without what it was called with: the context's other lines quote statements. */
    private static @Nullable String function(@Nullable String where) {
        if (where == null) {
            return null;
        }
        Matcher matcher = FUNCTION.matcher(where);
        return matcher.lookingAt() ? matcher.group(1) + ", line " + matcher.group(2) : null;
    }

    private static void append(StringBuilder line, String what, @Nullable String name) {
        if (name != null && !name.isEmpty()) {
            line.append(", ").append(what).append(' ').append(name);
        }
    }
}
