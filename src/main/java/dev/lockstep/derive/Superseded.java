package dev.lockstep.derive;

import dev.lockstep.model.LockstepException;

/** Another process has taken over: this one must not write any more. */
public final class Superseded extends LockstepException {

    private static final long serialVersionUID = 1L;

    Superseded(long ours, long now) {
        super(
                Kind.NOT_DONE,
                "another lockstep process has taken over (epoch " + now + ", ours was " + ours
                        + "); nothing more was written");
    }
}
