package dev.lockstep.model;

/** Which column leads. Stored; every writing transaction reads it under a shared lock. */
public enum Phase {
    /** The persona column leads, the agent column follows. */
    SYNC,
    /** The agent column leads. */
    CUTOVER,
    /** The machinery is gone; {@code run} ends. */
    CONTRACTED
}
