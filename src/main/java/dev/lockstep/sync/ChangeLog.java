package dev.lockstep.sync;

import dev.lockstep.model.Batch;

/**
 * A log of the changes that come in, outside the database. The position never passes a batch that {@link #settle} has not
 * returned for, so the log holds every change at least once: a batch that is delivered again is appended again.
 * {@link #append} and {@link #settle} are called in turn by one thread; {@link #close} may come from another.
 */
public interface ChangeLog extends AutoCloseable {

    /** Keeps nothing. */
    ChangeLog NONE = new ChangeLog() {

        @Override
        public void append(Batch batch) {
            // nothing is kept
        }

        @Override
        public void settle() {
            // nothing is waited for
        }

        @Override
        public void close() {
            // nothing is open
        }
    };

    /** Begins to append a batch; it need not be there on return. */
    void append(Batch batch) throws InterruptedException;

    /**
     * Returns once what was appended is there to stay. Tries again until it is, however long that takes.
     *
     * @throws InterruptedException when stopped; what was appended may be there or not
     */
    void settle() throws InterruptedException;

    @Override
    void close();
}
