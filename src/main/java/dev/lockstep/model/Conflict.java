package dev.lockstep.model;

/** What becomes, after the cutover, of a row whose persona and agent are both set and disagree. */
public enum Conflict {
    /** Named and set aside, never overwritten. */
    REPORT,
    /** The agent column wins. */
    AGENT,
    /** The persona column wins. */
    PERSONA
}
