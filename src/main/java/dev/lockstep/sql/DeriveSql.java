package dev.lockstep.sql;

import dev.lockstep.model.Column;
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

    public DeriveSql(Mapping mapping, Mapping.Scoped table) {
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
                + agentJoin() + " AND " + InStep.outWithAgent(mapping, table);
    }

    /** Rows with a NULL persona, by key; empty when such rows have nothing to derive. Parameters: the key arrays. */
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
                + InStep.outWithAgent(mapping, table);
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

    private String assignWithAgent() {
        String agent = Sql.quote(table.agent().name()) + " = " + InStep.agentId(mapping);
        return table.hashed() ? agent + ", " + assignHash() : agent;
    }

    private String assignWithoutPersona() {
        List<String> parts = new ArrayList<>();
        if (table.nullPersona() == NullPersona.CLEAR) {
            parts.add(Sql.quote(table.agent().name()) + " = NULL");
        }
        if (table.hashed()) {
            parts.add(assignHash());
        }
        return String.join(", ", parts);
    }

    private String assignHash() {
        return InStep.hash(table).substring("t.".length()) + " = " + InStep.hashValue(table);
    }

    private Optional<String> withoutPersona() {
        if (vectors != null) {
            return Optional.empty();
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
