package dev.lockstep.model;

/** Which of persona and agent of a row follows the other, and what becomes of a row whose two disagree. */
public enum Direction {
    /** Before the cutover: the agent follows, whatever it was. */
    PERSONA_LEADS,
    /** After it: what is empty is filled from the other; a row whose two disagree is named, and left as it is. */
    AGENT_LEADS,
    /** As {@link #AGENT_LEADS}; where the two disagree, the persona follows. */
    AGENT_WINS,
    /** As {@link #AGENT_LEADS}; where the two disagree, the agent follows. */
    PERSONA_WINS;

    /** Whether it is one of those after the cutover. */
    public boolean turned() {
        return this != PERSONA_LEADS;
    }
}
