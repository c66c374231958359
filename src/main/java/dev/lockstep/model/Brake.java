package dev.lockstep.model;

import java.time.Duration;

/**
 * What long work asks between two steps. Whoever holds locks meanwhile has to look whether somebody waits for them. Called by
 * several threads.
 */
@FunctionalInterface
public interface Brake {

    /** Never holds anything up. */
    Brake NONE = worked -> {};

    /**
     * Returns when the next step may begin.
     *
     * @param worked how long the last step took
     * @throws InterruptedException when stopped
     */
    void step(Duration worked) throws InterruptedException;
}
