package dev.lockstep.replay;

import dev.lockstep.model.Batch;
import org.jspecify.annotations.Nullable;

/** Changes of the past from where they are kept, up to an end that is fixed. Runs once. */
interface OldChanges {

    /** Takes batches, one at a time. */
    interface Taker {

        /**
         * Takes one.
         *
         * @param at where to go on once it is done, as text; null in the middle of a transaction
         * @return whether it and all before it are done and need not come again
         */
        boolean take(Batch batch, @Nullable String at) throws InterruptedException;
    }

    /**
     * Returns when the taker has had every change up to the end.
     *
     * @throws dev.lockstep.model.LockstepException when they cannot be read
     * @throws InterruptedException when stopped
     */
    void run(Taker taker) throws InterruptedException;
}
