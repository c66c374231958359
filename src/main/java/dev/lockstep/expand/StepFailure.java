package dev.lockstep.expand;

import dev.lockstep.model.LockstepException;
import dev.lockstep.sql.ExpandStep;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What a failed step means: which errors are tried again, and one line for those that are not. */
final class StepFailure {

    private static final String AGAIN = "; what was done before stays, run the command again";

    private StepFailure() {}

    /** Lock not available, deadlock, serialization failure: nothing happened, and next time it may. */
    static boolean passes(SQLException e) {
        return switch (state(e)) {
            case "55P03", "40P01", "40001" -> true;
            default -> false;
        };
    }

    static LockstepException explain(ExpandStep step, SQLException e, int attempts, String blockers) {
        String doing = "could not " + decapitalized(step.title());
        String line = switch (state(e)) {
            case "55P03", "40P01", "40001" ->
                doing + " in " + attempts + " attempts: the lock is held by " + nobodyOr(blockers)
                        + "; end that transaction or wait for it" + AGAIN;
            case "57014" -> doing + ": " + cancelled(step, blockers) + AGAIN;
            case "42501" -> doing + ": permission missing; it needs " + step.needs() + AGAIN;
            case "23505" -> doing + ": the table holds duplicates by now; remove them" + AGAIN;
            case "23503" ->
                doing + ": a row refers to an agent that does not exist; `lockstep verify` finds it" + AGAIN;
            default -> doing + ": " + serverLine(e) + AGAIN;
        };
        return LockstepException.notDone(line, e);
    }

    /** Only a slot has a time limit; any other statement was ended by an administrator. */
    private static String cancelled(ExpandStep step, String blockers) {
        return step.mode() == ExpandStep.Mode.SLOT
                ? "it waits for transactions that began before it, held by " + nobodyOr(blockers)
                        + "; end them or wait for them"
                : "somebody cancelled the statement";
    }

    static LockstepException unreadable(SQLException e) {
        return LockstepException.notDone(
                "could not read the catalog: " + serverLine(e) + "; nothing was changed, run the command again", e);
    }

    private static String nobodyOr(String blockers) {
        return blockers.isEmpty() ? "a session that has ended since" : blockers;
    }

    private static String decapitalized(String title) {
        return Character.toLowerCase(title.charAt(0)) + title.substring(1);
    }

    /** The server's primary message, without the detail, which may quote a row. */
    private static String serverLine(SQLException e) {
        String message = primaryMessage(e);
        return (message == null ? "connection lost" : message) + " (SQLSTATE " + state(e) + ")";
    }

    private static @Nullable String primaryMessage(SQLException e) {
        if (e instanceof PSQLException p) {
            ServerErrorMessage server = p.getServerErrorMessage();
            return server == null ? null : server.getMessage();
        }
        return null;
    }

    private static String state(SQLException e) {
        return e.getSQLState() == null ? "none" : e.getSQLState();
    }
}
