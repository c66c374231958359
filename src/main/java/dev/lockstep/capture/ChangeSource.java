package dev.lockstep.capture;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;

/**
 * A stream of changes from a position on. Delivers every change committed after the position at least once, in commit
 * order, to one consumer call at a time; after a failure the same changes come again.
 */
public interface ChangeSource extends AutoCloseable {

    /** Takes batches. */
    @FunctionalInterface
    interface Consumer {

        /**
         * Takes one batch; returning means that everything committed at or before the returned LSN is durable and need
         * never come again. May throw to stop the source.
         */
        Lsn apply(Batch batch) throws InterruptedException;
    }

    /**
     * Delivers until closed or broken; runs on the caller's thread.
     *
     * @throws CaptureFailure when the stream broke; a new source may be opened at the stored position
     */
    void run(Lsn from, Consumer consumer) throws InterruptedException;

    /** Ends {@link #run} after the batch in hand. */
    @Override
    void close();
}
