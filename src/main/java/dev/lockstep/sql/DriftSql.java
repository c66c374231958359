package dev.lockstep.sql;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import org.jspecify.annotations.Nullable;

/** The statements that look for rows out of step in one scoped table, without writing. */
public final class DriftSql {

    /** A range of heap blocks; parameters: its first block and the one behind its last, as tids. */
    static final String RANGE = "t.ctid >= ?::tid AND t.ctid < ?::tid";

    private final Mapping mapping;
    private final Mapping.Scoped table;
    private final @Nullable VectorStep vectors;
    private final boolean turned;

    public DriftSql(Mapping mapping, Mapping.Scoped table, Direction direction) {
        this.turned = direction.turned();
        this.mapping = mapping;
        this.table = table;
        this.vectors = table.link() == null ? null : new VectorStep(mapping, table, table.link());
    }

    /**
     * Columns: rows, out (those out of step in any way), hash ({@link #hash} of the rows; 0 for none).
     * Parameters: the range.
     */
    public String outByRange(TableName leaf) {
        return "SELECT count(*) AS rows, count(*) FILTER (WHERE " + out() + ") AS out, coalesce(" + hash()
                + ", 0) AS hash FROM " + joined(leaf) + " WHERE " + RANGE;
    }

    /** Of all rows {@code t}: their keys and derived columns, in any order. NULL for no rows. */
    public String hash() {
        return "bit_xor(" + RowHash.of(table) + ")";
    }

    /** Columns: missing, wrong, hash_wrong. Parameters: the range. */
    public String countByRange(TableName leaf) {
        return "SELECT count(*) FILTER (WHERE " + missing()
                + ") AS missing, count(*) FILTER (WHERE "
                + wrong() + ") AS wrong, " + hashCount() + " AS hash_wrong FROM "
                + joined(leaf) + " WHERE " + RANGE;
    }

    /**
     * The rows out of step. Columns: the key as text, then missing, wrong, hash_wrong (booleans), version (the row
     * version, as text). Parameters: the range.
     */
    public String rowsByRange(TableName leaf) {
        return rows(leaf, "") + " WHERE " + RANGE + " AND " + out();
    }

    /** As {@link #rowsByRange}, of the rows named by the key arrays. */
    public String rowsByKey() {
        return rows(
                        table.table(),
                        " JOIN unnest("
                                + Sql.each(
                                        table.key(), ", ", c -> "?::" + c.type().sqlName() + "[]") + ") AS k("
                                + Sql.each(table.key(), ", ", c -> Sql.quote(c.name())) + ") ON "
                                + Sql.each(
                                        table.key(),
                                        " AND ",
                                        c -> "t." + Sql.quote(c.name()) + " = k." + Sql.quote(c.name())))
                + " WHERE " + out();
    }

    /** Keys as text of all rows out of step. No parameters. */
    public String allRows() {
        return "SELECT " + DeriveSql.keyTexts(table.key()) + " FROM " + joined(table.table()) + " WHERE " + out();
    }

    /**
     * Keys as text of rows out of step that a change of agents may concern. Parameters: personas, agent ids (arrays of
     * their types).
     */
    public String rowsByAgents() {
        return "SELECT " + DeriveSql.keyTexts(table.key()) + " FROM " + joined(table.table()) + " WHERE ("
                + InStep.persona(table) + " = ANY (?::" + table.persona().type().sqlName() + "[]) OR "
                + InStep.agent(table) + " = ANY (?::" + table.agent().type().sqlName() + "[])) AND " + out();
    }

    private String rows(TableName source, String join) {
        return "SELECT " + DeriveSql.keyTexts(table.key()) + ", " + missing() + " AS missing, "
                + wrong() + " AS wrong, "
                + (table.hashed() ? "(" + InStep.hashOut(table) + ")" : "false")
                + " AS hash_wrong, t.xmin::text || '/' || t.ctid::text AS version FROM " + joined(source, join);
    }

    private String out() {
        if (vectors != null) {
            return vectors.outJoined();
        }
        return turned ? InStep.outTurned(mapping, table) : InStep.out(mapping, table);
    }

    private String missing() {
        if (vectors != null) {
            return vectors.missing();
        }
        return turned ? InStep.missingTurned(mapping, table) : InStep.missing(table);
    }

    private String wrong() {
        if (vectors != null) {
            return vectors.wrong();
        }
        return turned ? InStep.conflict(mapping, table) : InStep.wrong(mapping, table);
    }

    private String hashCount() {
        return table.hashed() ? "count(*) FILTER (WHERE " + InStep.hashOut(table) + ")" : "0";
    }

    private String joined(TableName source) {
        return joined(source, "");
    }

    private String joined(TableName source, String join) {
        String rows = Sql.quote(source) + " t" + join;
        if (vectors != null) {
            return rows + vectors.join();
        }
        return turned
                ? rows + InStep.joinOwnAgent(mapping, table)
                : rows + " LEFT JOIN " + Sql.quote(mapping.agents().table()) + " a ON " + InStep.agentPersona(mapping)
                        + " = " + InStep.persona(table);
    }
}
