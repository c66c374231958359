package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.OnDelete;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link VectorMeaning} as SQL: what a row of vectors, aliased {@code t}, has to carry. One correlated subquery, so that
 * PostgreSQL evaluates it again on the new version of a row that changes under the statement.
 */
final class VectorStep {

    private final Mapping mapping;
    private final Mapping.Scoped vectors;
    private final Mapping.VectorLink link;

    VectorStep(Mapping mapping, Mapping.Scoped vectors, Mapping.VectorLink link) {
        this.mapping = mapping;
        this.vectors = vectors;
        this.link = link;
    }

    /** The derived columns but the hash. */
    List<Column> stamp() {
        return List.of(vectors.agent(), link.conversation(), link.source());
    }

    /** {@code (agent, conversation, source) = (SELECT …)}, and the hash. */
    String assignments() {
        String stamp = "(" + Sql.each(stamp(), ", ", c -> Sql.quote(c.name())) + ") = (" + expected() + ")";
        return vectors.hashed()
                ? stamp + ", " + InStep.hash(vectors).substring("t.".length()) + " = " + InStep.hashValue(vectors)
                : stamp;
    }

    /** Out of step, for a condition in which nothing but {@code t} is there. */
    String out() {
        return vectors.hashed() ? "(" + stampOut() + " OR " + InStep.hashOut(vectors) + ")" : stampOut();
    }

    /** As {@link #out}, whatever the hash. */
    String stampOut() {
        return "EXISTS (SELECT FROM (" + expected() + ") e(agent, conversation, source) WHERE " + differs() + ")";
    }

    /** Makes {@code e} of {@code t}, for a FROM clause. */
    String join() {
        return " CROSS JOIN LATERAL (" + expected() + ") e(agent, conversation, source)";
    }

    /** As {@link #out}, where {@code e} is joined. */
    String outJoined() {
        return "(" + differs() + (vectors.hashed() ? " OR " + InStep.hashOut(vectors) : "") + ")";
    }

    /** The agent should be there and is not; {@code e} is joined. */
    String missing() {
        return "(" + agent() + " IS NULL AND e.agent IS NOT NULL)";
    }

    /** Anything else of the stamp is not as it should be; {@code e} is joined. */
    String wrong() {
        return "(NOT " + missing() + " AND (" + differs() + "))";
    }

    private String differs() {
        return agent() + " IS DISTINCT FROM e.agent OR " + t(link.conversation())
                + " IS DISTINCT FROM e.conversation OR " + t(link.source()) + " IS DISTINCT FROM e.source";
    }

    /** One row: agent, conversation, source. */
    private String expected() {
        Mapping.Scoped messages = link.messages();
        Mapping.Scoped conversations = link.conversations();
        List<String> agents = new ArrayList<>();
        StringBuilder from = new StringBuilder("(SELECT) one");
        String conversation = "";
        String orphan = "";
        if (link.message() != null) {
            from.append(join(messages.table(), "m", key(messages), t(link.message())));
            from.append(join(mapping.agents().table(), "am", agentPersona(), col("m", messages.persona())));
            agents.add(ownAgent("m", messages, "am"));
            conversation = col("m", column(messages.conversation()));
            if (conversations != null) {
                from.append(join(conversations.table(), "c", key(conversations), conversation));
                from.append(join(mapping.agents().table(), "ac", agentPersona(), col("c", conversations.persona())));
                agents.add(ownAgent("c", conversations, "ac"));
                if (link.onDelete() != OnDelete.KEEP) {
                    orphan = " WHEN " + conversation + " IS NOT NULL AND " + col("c", key(conversations))
                            + " IS NULL THEN " + Sql.literal(VectorMeaning.ORPHAN);
                }
            }
        }
        if (link.byHash(vectors)) {
            from.append(" LEFT JOIN LATERAL (" + conversationByHash() + ") h ON "
                    + (link.message() == null ? "true" : t(link.message()) + " IS NULL"));
            conversation = conversation.isEmpty() ? "h.conversation" : "coalesce(" + conversation + ", h.conversation)";
        }
        from.append(join(mapping.agents().table(), "av", agentPersona(), t(vectors.persona())));
        agents.add("av." + Sql.quote(mapping.agents().id().name()));
        agents.add(agent());
        String lost = lost();
        String stays = "CASE WHEN " + lost + " THEN ";
        boolean byId = !lost.isEmpty();
        return "SELECT " + (byId ? stays + agent() + " ELSE " : "") + "coalesce(" + String.join(", ", agents) + ")"
                + (byId ? " END" : "")
                + ", " + (byId ? stays + t(link.conversation()) + " ELSE " : "") + conversation + (byId ? " END" : "")
                + ", CASE" + (byId ? " WHEN " + lost + " THEN " + lostSource() : "")
                + " WHEN " + conversation + " IS NULL THEN " + Sql.literal(VectorMeaning.LEGACY)
                + orphan
                + " WHEN " + ours() + " THEN NULL ELSE " + t(link.source()) + " END FROM " + from;
    }

    /** It names a message that is not there, and was tied before; empty when vectors name none. */
    private String lost() {
        if (link.message() == null) {
            return "";
        }
        return t(link.message()) + " IS NOT NULL AND " + col("m", key(link.messages())) + " IS NULL AND ("
                + t(link.conversation()) + " IS NOT NULL OR " + t(link.source()) + " = "
                + Sql.literal(VectorMeaning.ORPHAN) + ")";
    }

    private String lostSource() {
        return link.onDelete() == OnDelete.KEEP ? t(link.source()) : Sql.literal(VectorMeaning.ORPHAN);
    }

    private String ours() {
        return t(link.source()) + " IN (" + Sql.literal(VectorMeaning.LEGACY) + ", " + Sql.literal(VectorMeaning.ORPHAN)
                + ")";
    }

    /** The conversation of the messages of the same persona with the same hash, if there is exactly one. */
    private String conversationByHash() {
        Mapping.Scoped messages = link.messages();
        String conversation = col("x", column(messages.conversation()));
        return "SELECT CASE WHEN count(DISTINCT " + conversation + ") = 1 THEN (array_agg(" + conversation
                + "))[1] END AS conversation FROM " + Sql.quote(messages.table()) + " x WHERE "
                + col("x", column(messages.contentHash())) + " = "
                + hashOf(column(messages.contentHash()).type())
                + " AND " + col("x", messages.persona()) + " = " + t(vectors.persona()) + " AND " + conversation
                + " IS NOT NULL";
    }

    /** The hash of the vector's content as the messages' table writes it. */
    private String hashOf(ColumnType type) {
        return InStep.hashValue(column(vectors.content()), type);
    }

    /** The agent of a row's persona, or, where it has none, the one a migrated writer set. */
    private String ownAgent(String alias, Mapping.Scoped table, String agentAlias) {
        return ownAgent(mapping, alias, table, agentAlias);
    }

    /** As above; {@code agentAlias} is the agent of the row's persona, joined. */
    static String ownAgent(Mapping mapping, String alias, Mapping.Scoped table, String agentAlias) {
        String id = agentAlias + "." + Sql.quote(mapping.agents().id().name());
        return table.nullPersona() == NullPersona.CLEAR
                ? id
                : "CASE WHEN " + col(alias, table.persona()) + " IS NULL THEN " + col(alias, table.agent()) + " ELSE "
                        + id + " END";
    }

    static String join(TableName table, String alias, Column column, String value) {
        return " LEFT JOIN " + Sql.quote(table) + " " + alias + " ON " + col(alias, column) + " = " + value;
    }

    private Column agentPersona() {
        return mapping.agents().persona();
    }

    private static Column key(Mapping.Scoped table) {
        return table.key().get(0);
    }

    private String agent() {
        return t(vectors.agent());
    }

    private static String t(Column column) {
        return col("t", column);
    }

    static String col(String alias, Column column) {
        return alias + "." + Sql.quote(column.name());
    }

    private static Column column(@Nullable Column column) {
        if (column == null) {
            throw new IllegalArgumentException("the table is not mapped with that column");
        }
        return column;
    }
}
