package dev.lockstep.derive;

import dev.lockstep.model.LockstepException;
import java.sql.SQLException;

/** The server refuses in a way that does not pass by itself, and that is no row's fault: somebody has to look. */
public final class Refused extends LockstepException {

    private static final long serialVersionUID = 1L;

    /** @param what was being done */
    public Refused(String what, SQLException cause) {
        super(
                Kind.NOT_DONE,
                what + " was refused by the server (" + ErrorPolicy.describe(cause)
                        + "); everything stands still and nothing is lost: mend the cause, then start again",
                cause);
    }
}
