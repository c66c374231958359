package dev.lockstep.sql;

import static dev.lockstep.sql.VectorStep.col;
import static dev.lockstep.sql.VectorStep.join;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import java.util.Objects;

/** What the database knows of points that are kept outside of it: {@link dev.lockstep.model.VectorMeaning.Facts}. */
public final class PointFactsSql {

    private final Mapping mapping;
    private final Mapping.Store store;

    public PointFactsSql(Mapping mapping, Mapping.Store store) {
        this.mapping = mapping;
        this.store = store;
    }

    /**
     * One row per point: its number; whether its message is there, that message's agent and conversation; whether the
     * conversation is there, and its agent; the agent of the point's persona; up to two conversations of messages of the
     * persona with the hash. Keys are text.
     *
     * <p>Parameters, arrays of one length: numbers (int), message keys, personas, hashes (lower-case hex); elements may be
     * NULL. The agents are those of the personas, whether their rows have been derived or not.
     */
    public String facts() {
        Mapping.Scoped messages = store.messages();
        Mapping.Scoped conversations = store.conversations();
        Column agent = mapping.agents().id();
        Column persona = mapping.agents().persona();
        String conversation = col("m", store.conversation());
        StringBuilder from = new StringBuilder("unnest(?::int4[], ?::")
                .append(store.messageKey().type().sqlName())
                .append("[], ?::")
                .append(messages.persona().type().sqlName())
                .append("[], ?::text[]) p(i, message, persona, hash)");
        from.append(join(messages.table(), "m", store.messageKey(), "p.message"));
        from.append(join(mapping.agents().table(), "am", persona, col("m", messages.persona())));
        String there = col("m", store.messageKey()) + " IS NOT NULL";
        String conversationThere = "true";
        String conversationAgent = "NULL";
        if (conversations != null) {
            Column key = conversations.key().get(0);
            from.append(join(conversations.table(), "c", key, conversation));
            from.append(join(mapping.agents().table(), "ac", persona, col("c", conversations.persona())));
            conversationThere = col("c", key) + " IS NOT NULL";
            conversationAgent = VectorStep.ownAgent(mapping, "c", conversations, "ac");
        }
        from.append(join(mapping.agents().table(), "av", persona, "p.persona"));
        String hashed = "NULL::text[]";
        if (store.byHash()) {
            from.append(" LEFT JOIN LATERAL (" + byHash() + ") h ON p.hash IS NOT NULL");
            hashed = "h.conversations";
        }
        return "SELECT p.i, " + there + ", (" + VectorStep.ownAgent(mapping, "m", messages, "am") + ")::text, "
                + conversation + "::text, " + conversationThere + ", (" + conversationAgent + ")::text, "
                + col("av", agent) + "::text, " + hashed + " FROM " + from;
    }

    /**
     * Keys of the messages of conversations, as text and in their order. Parameters: array of conversations, the last key
     * of the piece before (NULL for the first piece), most rows.
     */
    public String messagesOf() {
        String key = col("m", store.messageKey());
        String type = store.messageKey().type().sqlName();
        return "SELECT " + key + "::text FROM " + Sql.quote(store.messages().table()) + " m WHERE "
                + col("m", store.conversation()) + " = ANY (?::"
                + store.conversation().type().sqlName() + "[]) AND (?::" + type + " IS NULL OR " + key + " > ?::" + type
                + ") ORDER BY " + key + " LIMIT ?";
    }

    /** Key and hash (lower-case hex) of messages. Parameter: array of message keys. */
    public String hashesOf() {
        Column hash = Objects.requireNonNull(store.messages().contentHash());
        String value = col("m", hash);
        return "SELECT " + col("m", store.messageKey()) + "::text, "
                + switch (hash.type()) {
                    case BYTEA -> "encode(" + value + ", 'hex')";
                    case UUID, INT, BIGINT, TEXT, BOOLEAN, OTHER -> value;
                }
                + " FROM " + Sql.quote(store.messages().table()) + " m WHERE " + col("m", store.messageKey())
                + " = ANY (?::" + store.messageKey().type().sqlName() + "[])";
    }

    private String byHash() {
        Mapping.Scoped messages = store.messages();
        Column hash = Objects.requireNonNull(messages.contentHash());
        String conversation = col("x", store.conversation());
        String wanted = switch (hash.type()) {
            case BYTEA -> "decode(p.hash, 'hex')";
            case UUID, INT, BIGINT, TEXT, BOOLEAN, OTHER -> "p.hash";
        };
        return "SELECT array_agg(d.conversation) AS conversations FROM (SELECT DISTINCT " + conversation
                + "::text AS conversation FROM " + Sql.quote(messages.table()) + " x WHERE " + col("x", hash) + " = "
                + wanted + " AND " + col("x", messages.persona()) + " = p.persona AND " + conversation
                + " IS NOT NULL LIMIT 2) d";
    }
}
