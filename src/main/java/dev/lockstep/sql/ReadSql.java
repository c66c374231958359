package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RecallOrder;
import dev.lockstep.model.TypeName;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How an application reads one table before the migration, by persona, and after it, by agent; and what tells why the two
 * differ. Keys and values come, and are given, as text.
 */
public final class ReadSql {

    /** Rows of one read. */
    public static final int ROWS = 100;

    /** Vectors of one search. */
    static final int NEAREST = 10;

    private final String name;
    private final Mapping mapping;
    private final Mapping.Scoped table;
    private final @Nullable Column conversation;

    /** @param name the configured name */
    public ReadSql(String name, Mapping mapping, Mapping.Scoped table) {
        this.name = name;
        this.mapping = mapping;
        this.table = table;
        Column linked =
                table.link() == null ? table.conversation() : table.link().conversation();
        this.conversation = linked != null && linked.type().isKeyType() ? linked : null;
    }

    /** The same read before and after. */
    public record Pair(String before, String after) {}

    /**
     * Some rows with a persona: the key, the persona, its agent, the conversation; the last two may be NULL. Parameters: in
     * which part of the table's blocks to look, in percent; how many rows.
     */
    public String sample() {
        String columns = Stream.concat(
                        table.key().stream(),
                        Stream.of(table.persona(), conversation == null ? table.persona() : conversation))
                .distinct()
                .map(c -> "s." + Sql.quote(c.name()))
                .collect(Collectors.joining(", "));
        return "SELECT " + DeriveSql.keyTexts(table.key()) + ", " + InStep.persona(table) + "::text, "
                + ownAgent("::text") + ", "
                + (conversation == null ? "NULL" : "t." + Sql.quote(conversation.name()) + "::text") + " FROM (SELECT "
                + columns + " FROM " + Sql.quote(table.table()) + " s TABLESAMPLE SYSTEM (?::float4) WHERE s."
                + Sql.quote(table.persona().name()) + " IS NOT NULL ORDER BY random() LIMIT ?) t";
    }

    /** Empty where rows know no conversation. Parameters: conversation; persona before, agent after. */
    public Optional<Pair> byConversation() {
        return Optional.ofNullable(conversation)
                .map(column -> pair("t." + Sql.quote(column.name()) + " = ?::"
                        + column.type().sqlName() + " AND "));
    }

    /** Whatever the conversation. Parameter: persona before, agent after. */
    public Pair byPersona() {
        return pair("");
    }

    /** Rows of migrated writers, who set no persona, are left out: they could not be read before. */
    private Pair pair(String condition) {
        return new Pair(
                read(condition + ofPersona()),
                read(condition + InStep.agent(table) + " = ?::"
                        + table.agent().type().sqlName() + " AND " + InStep.persona(table) + " IS NOT NULL"));
    }

    private String ofPersona() {
        return InStep.persona(table) + " = ?::" + table.persona().type().sqlName();
    }

    private String read(String condition) {
        String newest = table.link() == null
                ? Sql.each(table.key(), ", ", c -> "t." + Sql.quote(c.name()) + " DESC")
                : RecallSql.of(table).newest();
        return "SELECT " + DeriveSql.keyTexts(table.key()) + " FROM " + Sql.quote(table.table()) + " t WHERE "
                + condition + " ORDER BY " + newest + " LIMIT " + ROWS;
    }

    /**
     * Of the named rows, the key and: whether there is an agent; whether it is one of the row's persona; whether the row is
     * in step, or, of vectors, has the agent of its message; its version. Parameters: the key arrays.
     */
    public String facts() {
        String inStep = "coalesce(" + InStep.agent(table) + " = " + ownAgent("") + ", false)";
        if (table.link() != null) {
            inStep += " OR NOT " + new VectorStep(mapping, table, table.link()).stampOut();
        }
        return "SELECT " + DeriveSql.keyTexts(table.key()) + ", " + InStep.agent(table)
                + " IS NOT NULL AS stamped, coalesce("
                + InStep.ownPersona(mapping) + " = " + InStep.persona(table) + ", false) AS of_persona, " + inStep
                + " AS in_step, t.xmin::text || '/' || t.ctid::text AS version FROM " + Sql.quote(table.table())
                + " t JOIN unnest("
                + Sql.each(table.key(), ", ", c -> "?::" + c.type().sqlName() + "[]") + ") AS k("
                + Sql.each(table.key(), ", ", c -> Sql.quote(c.name())) + ") ON "
                + Sql.each(table.key(), " AND ", c -> "t." + Sql.quote(c.name()) + " = k." + Sql.quote(c.name()))
                + InStep.joinOwnAgent(mapping, table);
    }

    /** The agent of the row's persona; of several, always the same one. */
    private String ownAgent(String cast) {
        return "(SELECT " + InStep.agentId(mapping) + cast + " FROM "
                + Sql.quote(mapping.agents().table())
                + " a WHERE " + InStep.agentPersona(mapping) + " = " + InStep.persona(table) + " ORDER BY "
                + InStep.agentId(mapping) + " LIMIT 1)";
    }

    /**
     * The vectors nearest to a row's own embedding: of its persona before, and after as the function of {@link #recall} gives
     * them. Nothing before, where the row has no embedding; empty unless the server can tell distances. Parameters: the key,
     * then the persona before, the conversation and the agent after.
     */
    public Optional<Pair> nearest() {
        RecallOrder.Embedding embedding =
                table.link() == null ? null : table.link().recall().embedding();
        if (embedding == null || !embedding.measured()) {
            return Optional.empty();
        }
        String column = "t." + Sql.quote(embedding.column());
        String with = "WITH q AS MATERIALIZED (SELECT " + column + " AS embedding FROM " + Sql.quote(table.table())
                + " t WHERE "
                + Sql.each(
                        table.key(),
                        " AND ",
                        c -> "t." + Sql.quote(c.name()) + " = ?::" + c.type().sqlName()) + ") ";
        String query = "(SELECT q.embedding FROM q)";
        List<TypeName> types = RecallSql.of(table).argumentTypes();
        return Optional.of(new Pair(
                with + "SELECT " + DeriveSql.keyTexts(table.key()) + " FROM " + Sql.quote(table.table()) + " t WHERE "
                        + ofPersona() + " AND " + column + " IS NOT NULL AND " + query + " IS NOT NULL ORDER BY "
                        + column
                        + " OPERATOR(" + Sql.quote(embedding.type().schema()) + ".<=>) " + query + " LIMIT " + NEAREST,
                with + "SELECT " + DeriveSql.keyTexts(table.key()) + " FROM " + function() + "(?::"
                        + Sql.quote(types.get(0)) + ", ?::" + Sql.quote(types.get(1)) + ", " + query + ", " + NEAREST
                        + ") t"));
    }

    /** The function that recalls from this table of vectors, as {@code to_regprocedure} takes it. */
    public String recall() {
        return function()
                + RecallSql.of(table).argumentTypes().stream()
                        .map(Sql::quote)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    private String function() {
        return Sql.quote(name) + "." + Sql.quote(RecallDdl.functionOf(table, mapping.vectors()));
    }
}
