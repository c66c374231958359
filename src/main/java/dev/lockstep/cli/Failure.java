package dev.lockstep.cli;

import dev.lockstep.model.LockstepException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * How a command failed.
 *
 * @param exitCode 2 or 3
 * @param line what, where, and what to do; never a row's content
 */
record Failure(int exitCode, String line) {

    private static final int NOT_DONE = LockstepException.Kind.NOT_DONE.exitCode();
    private static final String TRACE = "; set LOCKSTEP_LOG=debug for the trace";

    static Failure of(Throwable thrown) {
        return cause(thrown, LockstepException.class)
                .map(e -> new Failure(e.kind().exitCode(), oneLine(e.getMessage())))
                .or(() -> cause(thrown, InterruptedException.class)
                        .map(e -> new Failure(NOT_DONE, "interrupted; the same command can be run again")))
                .or(() -> cause(thrown, SQLException.class).map(e -> new Failure(NOT_DONE, refused(e) + TRACE)))
                .orElseGet(() -> new Failure(NOT_DONE, unexpected(thrown) + TRACE));
    }

    static String oneLine(@Nullable String text) {
        return text == null ? "no message" : text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static <T extends Throwable> Optional<T> cause(Throwable thrown, Class<T> type) {
        return Stream.iterate(thrown, e -> e != null, Throwable::getCause)
                .limit(20) // a chain may bite its tail
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst();
    }

    private static String refused(SQLException e) {
        String state = e.getSQLState() == null ? "none" : e.getSQLState();
        ServerErrorMessage server = e instanceof PSQLException answer ? answer.getServerErrorMessage() : null;
        if (server == null) {
            return "the connection to the server failed (SQLSTATE " + state + ")";
        }
        return "the server answered SQLSTATE " + state + ": " + withoutValues(state, oneLine(server.getMessage()));
    }

    /** The primary message of a data exception ends with the value that was wrong. */
    private static String withoutValues(String state, String message) {
        return state.startsWith("22") ? message.replaceFirst("[:\"].*", "").strip() : message;
    }

    /** Its message may hold anything, so only its type and the place of ours where it came up. */
    private static String unexpected(Throwable thrown) {
        String place = Arrays.stream(thrown.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.lockstep."))
                .findFirst()
                .map(frame -> " at " + frame)
                .orElse("");
        return "unexpected " + thrown.getClass().getName() + place;
    }
}
