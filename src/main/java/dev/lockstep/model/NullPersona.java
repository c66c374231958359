package dev.lockstep.model;

/** What a NULL persona means for the row's agent column. */
public enum NullPersona {
    /** The agent is left alone: a migrated writer may have set it. */
    KEEP,
    /** The agent is emptied. */
    CLEAR
}
