package dev.lockstep.vector;

import dev.lockstep.model.LockstepException;
import org.jspecify.annotations.Nullable;

/** A store could not do what was asked. The message names the store and the remedy, never a token or a payload. */
public final class StoreFailure extends LockstepException {

    private static final long serialVersionUID = 1L;

    public StoreFailure(String message, @Nullable Throwable cause) {
        super(Kind.NOT_DONE, message, cause);
    }
}
