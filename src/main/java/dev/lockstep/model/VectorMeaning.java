package dev.lockstep.model;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a vector's metadata has to say, from what the database knows of its message. Pure; the SQL for stores in the
 * database says the same, and both are held against one table of cases.
 */
public final class VectorMeaning {

    /** The conversation is not known. */
    public static final String LEGACY = "legacy";

    /** The message, or its conversation, was deleted; the stamp is left as it was. */
    public static final String ORPHAN = "orphan";

    /** What becomes of a vector whose message was deleted. */
    public enum OnDelete {
        /** Nothing. */
        KEEP,
        /** {@code Source: "orphan"}. */
        MARK,
        /** It is deleted when the deletion is seen; where it was not seen, it is marked. */
        DELETE
    }

    /**
     * The metadata that lockstep keeps.
     *
     * @param source {@link #LEGACY}, {@link #ORPHAN}, or what the application wrote there
     */
    public record Stamp(
            @Nullable String agent,
            @Nullable String conversation,
            @Nullable String source) {

        /** Nothing is there yet. */
        public static final Stamp NONE = new Stamp(null, null, null);

        boolean ours() {
            return LEGACY.equals(source) || ORPHAN.equals(source);
        }
    }

    /**
     * A message that a vector belongs to.
     *
     * @param agent of the message itself
     * @param conversation it belongs to; may be unknown
     * @param conversationExists whether the conversation's row is there; true where conversations are not mapped
     * @param conversationAgent of that conversation
     */
    public record Message(
            @Nullable String agent,
            @Nullable String conversation,
            boolean conversationExists,
            @Nullable String conversationAgent) {}

    /**
     * What is known of one vector.
     *
     * @param named whether it names a message, by id or by a field; if it does not, its hash may
     * @param message the message it names; null when there is no such row
     * @param personaAgent the agent of its persona; null without one
     * @param hashed conversations of the messages of its persona with its hash; looked at only when it names none
     * @param now its metadata as they stand
     */
    public record Facts(
            boolean named,
            @Nullable Message message,
            @Nullable String personaAgent,
            Set<String> hashed,
            Stamp now) {

        public Facts {
            hashed = Set.copyOf(hashed);
        }
    }

    private VectorMeaning() {}

    /** The metadata that the vector has to carry; once it carries them, it always has to carry the same. */
    public static Stamp of(Facts facts, OnDelete onDelete) {
        if (facts.message() != null) {
            return tied(facts, facts.message(), onDelete);
        }
        return facts.named() ? unfound(facts, onDelete) : byHash(facts);
    }

    private static Stamp tied(Facts facts, Message message, OnDelete onDelete) {
        String agent = firstOf(message.agent(), message.conversationAgent(), facts.personaAgent());
        if (message.conversation() == null) {
            return legacy(facts, agent);
        }
        boolean orphan = !message.conversationExists() && onDelete != OnDelete.KEEP;
        return new Stamp(orNow(facts, agent), message.conversation(), orphan ? ORPHAN : source(facts.now()));
    }

    /** Its message is not there: not yet, or not any more. One that was tied before has lost it. */
    private static Stamp unfound(Facts facts, OnDelete onDelete) {
        Stamp now = facts.now();
        if (now.conversation() == null && !ORPHAN.equals(now.source())) {
            return legacy(facts, facts.personaAgent());
        }
        return onDelete == OnDelete.KEEP ? now : new Stamp(now.agent(), now.conversation(), ORPHAN);
    }

    private static Stamp byHash(Facts facts) {
        return facts.hashed().size() == 1
                ? new Stamp(
                        orNow(facts, facts.personaAgent()),
                        facts.hashed().iterator().next(),
                        source(facts.now()))
                : legacy(facts, facts.personaAgent());
    }

    private static Stamp legacy(Facts facts, @Nullable String agent) {
        return new Stamp(orNow(facts, agent), null, LEGACY);
    }

    /** What the application wrote is its own; what we wrote is over. */
    private static @Nullable String source(Stamp now) {
        return now.ours() ? null : now.source();
    }

    /** An agent that nothing says anything about is left alone. */
    private static @Nullable String orNow(Facts facts, @Nullable String agent) {
        return agent != null ? agent : facts.now().agent();
    }

    private static @Nullable String firstOf(@Nullable String... agents) {
        for (String agent : agents) {
            if (agent != null) {
                return agent;
            }
        }
        return null;
    }
}
