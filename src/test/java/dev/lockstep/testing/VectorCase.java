package dev.lockstep.testing;

import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.model.VectorMeaning.Stamp;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The table of meanings: what a vector has to carry, written down by hand. Symbols stand for ids: {@code p1} is a persona
 * whose agent is {@code a1}.
 *
 * @param persona of the vector
 * @param names the message the vector names; null when it names none
 * @param now what the vector carries before
 * @param want what it has to carry
 */
public record VectorCase(
        String name,
        String persona,
        String names,
        Stamp now,
        OnDelete onDelete,
        List<Message> messages,
        List<Conversation> conversations,
        Stamp want) {

    /** @param sameText whether its content is that of the vector */
    public record Message(String id, String persona, String agent, String conversation, boolean sameText) {}

    public record Conversation(String id, String persona, String agent) {}

    private static final Conversation C1 = new Conversation("c1", "p1", null);
    private static final Conversation C2 = new Conversation("c2", "p2", null);

    private static Stamp s(String agent, String conversation, String source) {
        return new Stamp(agent, conversation, source);
    }

    private static Message m(String id, String persona, String conversation) {
        return new Message(id, persona, null, conversation, false);
    }

    private static Message same(String id, String persona, String conversation) {
        return new Message(id, persona, null, conversation, true);
    }

    private static VectorCase of(
            String name,
            String persona,
            String names,
            Stamp now,
            List<Message> messages,
            List<Conversation> conversations,
            Stamp want) {
        return new VectorCase(name, persona, names, now, OnDelete.MARK, messages, conversations, want);
    }

    private VectorCase keeping() {
        return new VectorCase(name + ", kept", persona, names, now, OnDelete.KEEP, messages, conversations, want);
    }

    private static final Stamp NONE = Stamp.NONE;
    private static final String LEGACY = VectorMeaning.LEGACY;
    private static final String ORPHAN = VectorMeaning.ORPHAN;

    public static final List<VectorCase> ALL = List.of(
            of("tied by id", "p2", "m1", NONE, List.of(m("m1", "p1", "c1")), List.of(C1), s("a1", "c1", null)),
            of(
                    "the conversation's agent where the message has none",
                    "p2",
                    "m1",
                    NONE,
                    List.of(m("m1", null, "c1")),
                    List.of(C1),
                    s("a1", "c1", null)),
            of(
                    "the agent that a migrated writer gave a message without a persona",
                    "p1",
                    "m1",
                    NONE,
                    List.of(new Message("m1", null, "a3", "c1", false)),
                    List.of(C1),
                    s("a3", "c1", null)),
            of(
                    "the agent that a migrated writer gave a conversation without a persona",
                    "p1",
                    "m1",
                    NONE,
                    List.of(m("m1", null, "c3")),
                    List.of(new Conversation("c3", null, "a3")),
                    s("a3", "c3", null)),
            of(
                    "the vector's persona where neither has one",
                    "p1",
                    "m1",
                    NONE,
                    List.of(m("m1", null, "c3")),
                    List.of(new Conversation("c3", null, null)),
                    s("a1", "c3", null)),
            of(
                    "a message without a conversation",
                    "p2",
                    "m1",
                    NONE,
                    List.of(m("m1", "p1", null)),
                    List.of(),
                    s("a1", null, LEGACY)),
            of("a message that is not there yet", "p1", "m1", NONE, List.of(), List.of(), s("a1", null, LEGACY)),
            of("neither message nor persona", null, "m1", NONE, List.of(), List.of(), s(null, null, LEGACY)),
            of(
                    "an agent that nothing speaks of is left alone",
                    null,
                    "m1",
                    s("a3", null, null),
                    List.of(),
                    List.of(),
                    s("a3", null, LEGACY)),
            of("nothing ties it", "p1", null, NONE, List.of(m("m1", "p1", "c1")), List.of(C1), s("a1", null, LEGACY)),
            of(
                    "legacy until its message comes",
                    "p1",
                    "m1",
                    s("a1", null, LEGACY),
                    List.of(m("m1", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", null)),
            of(
                    "another conversation than before",
                    "p1",
                    "m1",
                    s("a1", "c1", null),
                    List.of(m("m1", "p1", "c2")),
                    List.of(C1, C2),
                    s("a1", "c2", null)),
            of(
                    "what the application wrote as its source stays",
                    "p1",
                    "m1",
                    s(null, null, "import"),
                    List.of(m("m1", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", "import")),
            of(
                    "unless the conversation is not known",
                    "p1",
                    "m1",
                    s(null, null, "import"),
                    List.of(),
                    List.of(),
                    s("a1", null, LEGACY)),
            of(
                    "its message was deleted",
                    "p2",
                    "m1",
                    s("a1", "c1", null),
                    List.of(),
                    List.of(C1),
                    s("a1", "c1", ORPHAN)),
            of("its message was deleted", "p2", "m1", s("a1", "c1", null), List.of(), List.of(C1), s("a1", "c1", null))
                    .keeping(),
            of("an orphan stays one", "p2", "m1", s("a1", "c1", ORPHAN), List.of(), List.of(C1), s("a1", "c1", ORPHAN)),
            of(
                    "an orphan without a conversation, too",
                    "p2",
                    "m1",
                    s("a1", null, ORPHAN),
                    List.of(),
                    List.of(),
                    s("a1", null, ORPHAN)),
            of(
                    "until its message is there again",
                    "p2",
                    "m1",
                    s("a1", "c1", ORPHAN),
                    List.of(m("m1", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", null)),
            of(
                    "its conversation was deleted",
                    "p2",
                    "m1",
                    s("a1", "c1", null),
                    List.of(m("m1", "p1", "c1")),
                    List.of(),
                    s("a1", "c1", ORPHAN)),
            of(
                            "its conversation was deleted",
                            "p2",
                            "m1",
                            s("a1", "c1", ORPHAN),
                            List.of(m("m1", "p1", "c1")),
                            List.of(),
                            s("a1", "c1", null))
                    .keeping(),
            of("tied by its hash", "p1", null, NONE, List.of(same("m1", "p1", "c1")), List.of(C1), s("a1", "c1", null)),
            of(
                    "several messages of one conversation",
                    "p1",
                    null,
                    NONE,
                    List.of(same("m1", "p1", "c1"), same("m2", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", null)),
            of(
                    "several conversations",
                    "p1",
                    null,
                    NONE,
                    List.of(same("m1", "p1", "c1"), same("m2", "p1", "c2")),
                    List.of(C1, C2),
                    s("a1", null, LEGACY)),
            of(
                    "the same words of another persona",
                    "p1",
                    null,
                    NONE,
                    List.of(same("m1", "p2", "c1")),
                    List.of(C1),
                    s("a1", null, LEGACY)),
            of(
                    "the same words outside any conversation do not count",
                    "p1",
                    null,
                    NONE,
                    List.of(same("m1", "p1", null), same("m2", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", null)),
            of(
                    "it names a message, so its hash does not count",
                    "p1",
                    "m9",
                    NONE,
                    List.of(same("m1", "p1", "c1")),
                    List.of(C1),
                    s("a1", null, LEGACY)),
            of(
                    "a second conversation unties it",
                    "p1",
                    null,
                    s("a1", "c1", null),
                    List.of(same("m1", "p1", "c1"), same("m2", "p1", "c2")),
                    List.of(C1, C2),
                    s("a1", null, LEGACY)),
            of(
                    "already in step",
                    "p2",
                    "m1",
                    s("a1", "c1", null),
                    List.of(m("m1", "p1", "c1")),
                    List.of(C1),
                    s("a1", "c1", null)));

    /** What the database knows of it. */
    public Facts facts() {
        Message message =
                messages.stream().filter(x -> x.id().equals(names)).findFirst().orElse(null);
        Set<String> hashed = new HashSet<>();
        for (Message x : messages) {
            if (x.sameText() && Objects.equals(x.persona(), persona) && persona != null && x.conversation() != null) {
                hashed.add(x.conversation());
            }
        }
        return new Facts(names != null, message == null ? null : known(message), agentOf(persona), hashed, now);
    }

    private VectorMeaning.Message known(Message message) {
        Conversation conversation = conversations.stream()
                .filter(c -> c.id().equals(message.conversation()))
                .findFirst()
                .orElse(null);
        return new VectorMeaning.Message(
                message.persona() == null ? message.agent() : agentOf(message.persona()),
                message.conversation(),
                conversation != null,
                conversation == null
                        ? null
                        : conversation.persona() == null ? conversation.agent() : agentOf(conversation.persona()));
    }

    private static String agentOf(String persona) {
        return persona == null ? null : "a" + persona.substring(1);
    }

    @Override
    public String toString() {
        return name;
    }
}
