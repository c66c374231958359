package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.NullPersona;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The in-step predicate, written once for both directions. A scoped row is aliased {@code t}, the agent of its persona
 * {@code a}, and the agent that it names {@code b}; where there is none, all of it is NULL.
 */
final class InStep {

    private InStep() {}

    static String persona(Mapping.Scoped table) {
        return "t." + Sql.quote(table.persona().name());
    }

    static String agent(Mapping.Scoped table) {
        return "t." + Sql.quote(table.agent().name());
    }

    static String hash(Mapping.Scoped table) {
        return "t." + Sql.quote(column(table.contentHash()).name());
    }

    static String agentId(Mapping mapping) {
        return "a." + Sql.quote(mapping.agents().id().name());
    }

    static String agentPersona(Mapping mapping) {
        return "a." + Sql.quote(mapping.agents().persona().name());
    }

    /** The SHA-256 of the content's UTF-8 bytes, in the hash column's type; NULL for NULL content. */
    static String hashValue(Mapping.Scoped table) {
        return hashValue(column(table.content()), column(table.contentHash()).type());
    }

    /**
     * As it stands in a hash column of that type. In a session of ours {@code textsend} gives what {@code convert_to} gives, for
     * the driver's client encoding is always UTF-8; and it does not look for the encoding by its name in each row.
     */
    static String hashValue(Column content, ColumnType type) {
        String digest = "sha256(textsend(t." + Sql.quote(content.name()) + "))";
        return type == ColumnType.BYTEA ? digest : "encode(" + digest + ", 'hex')";
    }

    static String hashOut(Mapping.Scoped table) {
        return hash(table) + " IS DISTINCT FROM " + hashValue(table);
    }

    /** The persona of the agent that the row names. */
    static String ownPersona(Mapping mapping) {
        return "b." + Sql.quote(mapping.agents().persona().name());
    }

    /** Where {@code a} is joined, {@code b} is whatever the row names. */
    static String joinOwnAgent(Mapping mapping, Mapping.Scoped table) {
        return " LEFT JOIN " + Sql.quote(mapping.agents().table()) + " b ON b."
                + Sql.quote(mapping.agents().id().name()) + " = " + agent(table);
    }

    /** Both are set and disagree; {@code b} is left-joined. */
    static String conflict(Mapping mapping, Mapping.Scoped table) {
        return "(" + persona(table) + " IS NOT NULL AND " + agent(table) + " IS NOT NULL AND " + ownPersona(mapping)
                + " IS DISTINCT FROM " + persona(table) + ")";
    }

    /** After the cutover, whatever the persona; {@code b} is left-joined. */
    static String outTurned(Mapping mapping, Mapping.Scoped table) {
        String out = "(" + persona(table) + " IS NOT NULL AND " + agent(table) + " IS NULL OR " + agent(table)
                + " IS NOT NULL AND " + ownPersona(mapping) + " IS DISTINCT FROM " + persona(table);
        return out + (table.hashed() ? " OR " + hashOut(table) : "") + ")";
    }

    /** After the cutover: one of the two should be there and is not; {@code b} is left-joined. */
    static String missingTurned(Mapping mapping, Mapping.Scoped table) {
        return "(" + persona(table) + " IS NOT NULL AND " + agent(table) + " IS NULL OR " + persona(table)
                + " IS NULL AND " + ownPersona(mapping) + " IS NOT NULL)";
    }

    /** For a row whose persona has the agent {@code a}. */
    static String agentOut(Mapping mapping, Mapping.Scoped table) {
        return agent(table) + " IS DISTINCT FROM " + agentId(mapping);
    }

    /** Out of step, for a row whose persona has the agent {@code a}. */
    static String outWithAgent(Mapping mapping, Mapping.Scoped table) {
        return table.hashed()
                ? "(" + agentOut(mapping, table) + " OR " + hashOut(table) + ")"
                : agentOut(mapping, table);
    }

    /** Out of step, for a row whose persona is NULL; empty when such a row never is. */
    static String outWithoutPersona(Mapping.Scoped table) {
        List<String> parts = new ArrayList<>();
        if (table.nullPersona() == NullPersona.CLEAR) {
            parts.add(agent(table) + " IS NOT NULL");
        }
        if (table.hashed()) {
            parts.add(hashOut(table));
        }
        return parts.size() == 2 ? "(" + String.join(" OR ", parts) + ")" : String.join("", parts);
    }

    /** Out of step, whatever the persona. {@code a} is left-joined. As cheap as it can be: most rows are in step. */
    static String out(Mapping mapping, Mapping.Scoped table) {
        String out = "(" + persona(table) + " IS NOT NULL AND (" + agent(table) + " IS NULL OR "
                + agentOut(mapping, table) + ")";
        if (table.nullPersona() == NullPersona.CLEAR) {
            out += " OR " + persona(table) + " IS NULL AND " + agent(table) + " IS NOT NULL";
        }
        return out + (table.hashed() ? " OR " + hashOut(table) : "") + ")";
    }

    /** The agent should be there and is not. {@code a} is left-joined. */
    static String missing(Mapping.Scoped table) {
        return "(" + persona(table) + " IS NOT NULL AND " + agent(table) + " IS NULL)";
    }

    /** The agent is there and is not the right one. {@code a} is left-joined. */
    static String wrong(Mapping mapping, Mapping.Scoped table) {
        String withPersona =
                persona(table) + " IS NOT NULL AND " + agent(table) + " IS NOT NULL AND " + agentOut(mapping, table);
        return table.nullPersona() == NullPersona.CLEAR
                ? "(" + withPersona + " OR " + persona(table) + " IS NULL AND " + agent(table) + " IS NOT NULL)"
                : "(" + withPersona + ")";
    }

    private static Column column(@Nullable Column c) {
        if (c == null) {
            throw new IllegalArgumentException("the table has no hash");
        }
        return c;
    }
}
