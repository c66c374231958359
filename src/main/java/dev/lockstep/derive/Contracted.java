package dev.lockstep.derive;

import dev.lockstep.model.LockstepException;

/** The migration is over: there is nothing left to keep in step. */
public final class Contracted extends LockstepException {

    private static final long serialVersionUID = 1L;

    public Contracted() {
        super(Kind.NOT_DONE, "the migration is contracted; there is nothing left to keep in step");
    }
}
