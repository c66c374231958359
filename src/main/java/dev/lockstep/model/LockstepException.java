package dev.lockstep.model;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything lockstep throws on purpose. The message is one line for the operator: what, where and the
 * remedy; never a password, never a row's content.
 */
public class LockstepException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the operator can do about it, and so the exit code. */
    public enum Kind {
        /** Command or configuration wrong, nothing touched: exit code 2. */
        WRONG_INPUT(2),
        /** Could not be done now (server away, permission missing, interrupted): exit code 3. */
        NOT_DONE(3);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    public LockstepException(Kind kind, String message) {
        this(kind, message, null);
    }

    public LockstepException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public static LockstepException wrongInput(String message) {
        return new LockstepException(Kind.WRONG_INPUT, message);
    }

    public static LockstepException notDone(String message, @Nullable Throwable cause) {
        return new LockstepException(Kind.NOT_DONE, message, cause);
    }

    public Kind kind() {
        return kind;
    }
}
