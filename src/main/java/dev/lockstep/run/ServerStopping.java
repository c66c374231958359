package dev.lockstep.run;

import dev.lockstep.model.LockstepException;

/**
 * The server takes no new sessions: it is stopping, or not up yet. One that stops waits for the sessions that are there,
 * for ours without end, so they are closed.
 */
final class ServerStopping extends LockstepException {

    private static final long serialVersionUID = 1L;

    /** {@code cannot_connect_now}. */
    static final String STATE = "57P03";

    ServerStopping() {
        super(Kind.NOT_DONE, "the server is stopping or starting: every session is closed until it is back");
    }
}
