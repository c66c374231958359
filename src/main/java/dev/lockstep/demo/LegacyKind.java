package dev.lockstep.demo;

/** What a transaction of the legacy application does. */
public enum LegacyKind {
    SINGLE,
    MULTI_ROW,
    COPY,
    NEW_PERSONA,
    PERSONA_CHANGE,
    EDIT,
    DELETE,
    /** Writes new rows and changes one, and commits only later. */
    SLOW,
    /** Writes and takes it back. */
    ROLLED_BACK
}
