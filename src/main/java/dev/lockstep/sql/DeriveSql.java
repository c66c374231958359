package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The statements that bring rows of one scoped table into step. Each writes only rows that are out of step, and only
 * the derived columns, from the row as it stands: when a row changes under the statement, PostgreSQL evaluates the
 * conditions and values again on the new version. Rows are named by arrays, one per key column in key order, or by a
 * range of heap blocks.
 */
public final class DeriveSql {

    private final Mapping mapping;
    private final Mapping.Scoped table;
    private final @Nullable VectorStep vectors;
    private final Direction direction;

    public DeriveSql(Mapping mapping, Mapping.Scoped table, Direction direction) {
        this.direction = direction;
        this.mapping = mapping;
        this.table = table;
        this.vectors = table.link() == null ? null : new VectorStep(mapping, table, table.link());
    }

    /** Rows with a persona that has an agent, and all vectors, by key. Parameters: the key arrays. */
    public String updateByKey() {
        if (vectors != null) {
            return update(table.table(), vectors.assignments(), keys()) + " WHERE " + keyJoin() + " AND "
                    + vectors.out();
        }
        return update(table.table(), assignWithAgent(), keys() + ", " + agents()) + " WHERE " + keyJoin() + " AND "
                + agentJoin() + " AND " + outWithAgent();
    }

    /**
     * Rows with a NULL persona, by key, and after the cutover those whose persona follows; empty when such rows have nothing
     * to derive. Parameters: the key arrays.
     */
    public Optional<String> updateWithoutPersonaByKey() {
        return withoutPersona()
                .map(condition -> update(table.table(), assignWithoutPersona(), keys()) + " WHERE " + keyJoin()
                        + " AND " + condition);
    }

    /** Rows of one leaf with a persona that has an agent, or vectors. Parameters: first block as tid, block behind the last as tid. */
    public String updateByRange(TableName leaf) {
        if (vectors != null) {
            return update(leaf, vectors.assignments(), "") + " WHERE " + DriftSql.RANGE + " AND " + vectors.out();
        }
        return update(leaf, assignWithAgent(), agents()) + " WHERE " + DriftSql.RANGE + " AND " + agentJoin() + " AND "
                + outWithAgent();
    }

    /** Rows of one leaf with a NULL persona; empty when such rows have nothing to derive. Parameters as above. */
    public Optional<String> updateWithoutPersonaByRange(TableName leaf) {
        return withoutPersona()
                .map(condition ->
                        update(leaf, assignWithoutPersona(), "") + " WHERE " + DriftSql.RANGE + " AND " + condition);
    }

    /**
     * Locks those of the named rows that nobody else holds and returns their keys and their persona, as text. Parameters:
     * the key arrays.
     */
    public String lockByKey() {
        return "SELECT " + keyTexts() + ", " + InStep.persona(table) + "::text FROM " + Sql.quote(table.table())
                + " t JOIN " + keys() + " ON " + keyJoin() + " FOR NO KEY UPDATE OF t SKIP LOCKED";
    }

    /** Which of the named rows exist, keys as text. Parameters: the key arrays. */
    public String existingByKey() {
        return "SELECT " + keyTexts() + " FROM " + Sql.quote(table.table()) + " t JOIN " + keys() + " ON " + keyJoin();
    }

    /** Distinct personas of the named rows that have no agent, as text. Parameters: the key arrays. */
    public String personasWithoutAgentByKey() {
        return "SELECT DISTINCT " + InStep.persona(table) + "::text FROM " + Sql.quote(table.table()) + " t JOIN "
                + keys() + " ON " + keyJoin() + " WHERE " + InStep.persona(table) + " IS NOT NULL AND NOT "
                + hasAgent();
    }

    /** Those of the named rows whose persona has no agent, keys as text. Parameters: the key arrays. */
    public String rowsWithoutAgentByKey() {
        return existingByKey() + " WHERE " + InStep.persona(table) + " IS NOT NULL AND NOT " + hasAgent();
    }

    /** Distinct personas in a range of one leaf that have no agent, as text. Parameters: the range. */
    public String personasWithoutAgentByRange(TableName leaf) {
        return "SELECT DISTINCT " + InStep.persona(table) + "::text FROM " + Sql.quote(leaf) + " t WHERE "
                + DriftSql.RANGE + " AND " + InStep.persona(table) + " IS NOT NULL AND NOT " + hasAgent();
    }

    private String hasAgent() {
        return "EXISTS (SELECT FROM " + agents() + " WHERE " + agentJoin() + ")";
    }

    private static String update(TableName target, String assignments, String from) {
        return "UPDATE " + Sql.quote(target) + " t SET " + assignments + (from.isEmpty() ? "" : " FROM " + from);
    }

    /** An agent that is there stays, where it leads. */
    private String outWithAgent() {
        if (!keepsAgent()) {
            return InStep.outWithAgent(mapping, table);
        }
        String empty = InStep.agent(table) + " IS NULL";
        return table.hashed() ? "(" + empty + " OR " + InStep.hashOut(table) + ")" : empty;
    }

    private boolean keepsAgent() {
        return direction == Direction.AGENT_LEADS || direction == Direction.AGENT_WINS;
    }

    private String assignWithAgent() {
        String value = keepsAgent()
                ? "coalesce(" + InStep.agent(table) + ", " + InStep.agentId(mapping) + ")"
                : InStep.agentId(mapping);
        String agent = Sql.quote(table.agent().name()) + " = " + value;
        return table.hashed() ? agent + ", " + assignHash() : agent;
    }

    private String assignWithoutPersona() {
        List<String> parts = new ArrayList<>();
        if (direction.turned()) {
            parts.add(Sql.quote(table.persona().name()) + " = coalesce((" + ownPersona() + "), " + InStep.persona(table)
                    + ")");
        } else if (table.nullPersona() == NullPersona.CLEAR) {
            parts.add(Sql.quote(table.agent().name()) + " = NULL");
        }
        if (table.hashed()) {
            parts.add(assignHash());
        }
        return String.join(", ", parts);
    }

    /** Of the agent that the row names; a subquery, evaluated again on the new version of a row that changes. */
    private String ownPersona() {
        return "SELECT " + InStep.ownPersona(mapping) + " FROM "
                + Sql.quote(mapping.agents().table()) + " b WHERE b."
                + Sql.quote(mapping.agents().id().name()) + " = " + InStep.agent(table);
    }

    /** The persona follows the agent that the row names. */
    private String personaFollows() {
        String differs = InStep.ownPersona(mapping) + " IS NOT NULL AND " + InStep.ownPersona(mapping)
                + " IS DISTINCT FROM " + InStep.persona(table);
        return InStep.agent(table) + " IS NOT NULL AND EXISTS (" + ownPersona() + " AND " + differs + ")";
    }

    /** Whether every row may need the second statement, not only those with a NULL persona. */
    public boolean secondForAll() {
        return vectors == null && direction == Direction.AGENT_WINS;
    }

    /**
     * Those of the named rows whose persona and agent disagree, keys as text; empty where such rows follow one of the two.
     * Parameters: the key arrays.
     */
    public Optional<String> conflictsByKey() {
        return reportsConflicts()
                ? Optional.of(existingByKey() + InStep.joinOwnAgent(mapping, table) + " WHERE "
                        + InStep.conflict(mapping, table))
                : Optional.empty();
    }

    /** Whether there are such rows in a range of one leaf; as above. Parameters: the range. */
    public Optional<String> conflictsByRange(TableName leaf) {
        return reportsConflicts()
                ? Optional.of("SELECT FROM " + Sql.quote(leaf) + " t" + InStep.joinOwnAgent(mapping, table) + " WHERE "
                        + DriftSql.RANGE + " AND " + InStep.conflict(mapping, table) + " LIMIT 1")
                : Optional.empty();
    }

    private boolean reportsConflicts() {
        return vectors == null && direction == Direction.AGENT_LEADS;
    }

    private String assignHash() {
        return InStep.hash(table).substring("t.".length()) + " = " + InStep.hashValue(table);
    }

    private Optional<String> withoutPersona() {
        if (vectors != null) {
            return Optional.empty();
        }
        if (direction.turned()) {
            String only = direction == Direction.AGENT_WINS ? "" : InStep.persona(table) + " IS NULL AND ";
            String follows = personaFollows();
            return Optional.of(
                    table.hashed()
                            ? "(" + only + "(" + follows + ") OR " + InStep.persona(table) + " IS NULL AND "
                                    + InStep.hashOut(table) + ")"
                            : only + follows);
        }
        String out = InStep.outWithoutPersona(table);
        return out.isEmpty() ? Optional.empty() : Optional.of(InStep.persona(table) + " IS NULL AND " + out);
    }

    private String agents() {
        return Sql.quote(mapping.agents().table()) + " a";
    }

    private String agentJoin() {
        return InStep.agentPersona(mapping) + " = " + InStep.persona(table);
    }

    private String keys() {
        return "unnest(" + Sql.each(table.key(), ", ", c -> "?::" + c.type().sqlName() + "[]") + ") AS k("
                + Sql.each(table.key(), ", ", c -> Sql.quote(c.name())) + ")";
    }

    private String keyJoin() {
        return Sql.each(table.key(), " AND ", c -> "t." + Sql.quote(c.name()) + " = k." + Sql.quote(c.name()));
    }

    private String keyTexts() {
        return keyTexts(table.key());
    }

    static String keyTexts(List<Column> key) {
        return Sql.each(key, ", ", c -> "t." + Sql.quote(c.name()) + "::text");
    }
}
