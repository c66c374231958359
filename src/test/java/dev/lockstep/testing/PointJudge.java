package dev.lockstep.testing;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Says what the points of a store outside the database have to carry, row by row in plain Java. Shares nothing with the
 * product. Fields are called PersonaId, MessageId, AgentId, ConversationId, Source and ContentHash.
 */
public final class PointJudge {

    /** @param left what its agent column says; counts where the persona is NULL: a migrated writer may have set it */
    private record Row(String persona, String left, String conversation) {}

    private final Map<String, Row> messages = new HashMap<>();
    private final Map<String, Row> conversations = new HashMap<>();
    private final Map<String, String> agents = new HashMap<>();
    private final Map<String, Set<String>> byHash = new HashMap<>();

    private PointJudge() {}

    /** Reads the rows as they are now. */
    public static PointJudge read(TestDatabase db, VectorSchema schema) throws SQLException {
        PointJudge judge = new PointJudge();
        List<String> m = schema.messages();
        for (List<String> row : db.rows("SELECT %s, %s, %s, %s, encode(sha256(convert_to(%s, 'UTF8')), 'hex') FROM %s"
                .formatted(m.get(1), m.get(2), m.get(3), m.get(4), m.get(5), m.get(0)))) {
            judge.messages.put(row.get(0), new Row(row.get(1), row.get(2), row.get(3)));
            if (row.get(1) != null && row.get(3) != null) {
                judge.byHash
                        .computeIfAbsent(row.get(1) + " " + row.get(4), k -> new HashSet<>())
                        .add(row.get(3));
            }
        }
        List<String> c = schema.conversations();
        for (List<String> row :
                db.rows("SELECT %s, %s, %s FROM %s".formatted(c.get(1), c.get(2), c.get(3), c.get(0)))) {
            judge.conversations.put(row.get(0), new Row(row.get(1), row.get(2), null));
        }
        List<String> a = schema.agents();
        for (List<String> row : db.rows("SELECT %s, %s FROM %s".formatted(a.get(2), a.get(1), a.get(0)))) {
            judge.agents.put(row.get(0), row.get(1));
        }
        return judge;
    }

    /**
     * What is wrong with the points, a line each.
     *
     * @param byId whether a point's id names its message; if not, its MessageId does, or else its ContentHash
     */
    public List<String> wrong(Map<String, Map<String, Object>> points, boolean byId) {
        List<String> wrong = new ArrayList<>();
        points.forEach((id, payload) -> {
            String want = want(byId ? id : text(payload, "MessageId"), payload);
            String now = text(payload, "AgentId") + " " + text(payload, "ConversationId") + " " + source(payload);
            if (!want.equals(now)) {
                wrong.add(id + " has " + now + ", has to have " + want);
            }
        });
        return wrong;
    }

    private String want(String names, Map<String, Object> payload) {
        String own = agents.get(text(payload, "PersonaId"));
        Row message = messages.get(names);
        if (message != null && message.conversation() != null) {
            String agent = agentOf(message);
            if (agent == null && conversations.containsKey(message.conversation())) {
                agent = agentOf(conversations.get(message.conversation()));
            }
            boolean orphan = !conversations.containsKey(message.conversation());
            return (agent == null ? own : agent) + " " + message.conversation() + " " + (orphan ? "orphan" : "known");
        }
        if (message != null) {
            String agent = agentOf(message);
            return (agent == null ? own : agent) + " null legacy";
        }
        if (names != null && (text(payload, "ConversationId") != null || "orphan".equals(payload.get("Source")))) {
            return text(payload, "AgentId") + " " + text(payload, "ConversationId") + " orphan"; // it was tied before
        }
        Set<String> tied = names != null
                ? Set.of()
                : byHash.getOrDefault(text(payload, "PersonaId") + " " + text(payload, "ContentHash"), Set.of());
        return tied.size() == 1 ? own + " " + tied.iterator().next() + " known" : own + " null legacy";
    }

    private String agentOf(Row row) {
        return row.persona() == null ? row.left() : agents.get(row.persona());
    }

    private static String source(Map<String, Object> payload) {
        Object source = payload.get("Source");
        return "legacy".equals(source) || "orphan".equals(source) ? source.toString() : "known";
    }

    private static String text(Map<String, Object> payload, String field) {
        return Objects.toString(payload.get(field), null);
    }
}
