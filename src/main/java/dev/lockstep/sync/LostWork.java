package dev.lockstep.sync;

import dev.lockstep.model.LockstepException;
import java.sql.SQLException;

/**
 * A session was lost, and with it the proof that the server still has what was committed since the position was stored: it
 * may have crashed. What came since then has to come again; storing a position past it would lose it.
 */
public final class LostWork extends LockstepException {

    private static final long serialVersionUID = 1L;

    LostWork(String what, SQLException cause) {
        super(
                Kind.NOT_DONE,
                what + ": a session was lost (SQLSTATE " + cause.getSQLState()
                        + "), and nobody knows if the server kept what was not on its disk yet: it is done again",
                cause);
    }
}
