package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the vectors, by key, that a change of messages or conversations put out of step. */
public final class VectorFollowSql {

    private final Mapping.Scoped vectors;
    private final Mapping.VectorLink link;
    private final VectorStep step;

    /** @param vectors a table with a link */
    public VectorFollowSql(Mapping mapping, Mapping.Scoped vectors) {
        if (vectors.link() == null) {
            throw new IllegalArgumentException(vectors.table() + " holds no vectors");
        }
        this.vectors = vectors;
        this.link = vectors.link();
        this.step = new VectorStep(mapping, vectors, vectors.link());
    }

    /** Those that name one of the messages; empty when vectors name none. Parameter: the array of message keys. */
    public Optional<String> rowsByMessages() {
        Column message = link.message();
        return message == null ? Optional.empty() : Optional.of(rows(t(message) + " = ANY (" + messageKeys() + ")"));
    }

    /** Those tied to one of the conversations. Parameter: the array of conversation ids. */
    public String rowsByConversations() {
        return rows(t(link.conversation()) + " = ANY (?::"
                + link.conversation().type().sqlName() + "[])");
    }

    /**
     * The same while vectors are scanned: what the scan ties and has not committed yet is found by the message that it names.
     * Empty when vectors name none. Parameter: the array of conversation ids, twice.
     */
    public Optional<String> rowsByConversationsAndMessages() {
        Column message = link.message();
        Mapping.Scoped messages = link.messages();
        String ids = " = ANY (?::" + link.conversation().type().sqlName() + "[])";
        return message == null
                ? Optional.empty()
                : Optional.of(rows("(" + t(link.conversation()) + ids + " OR " + t(message) + " IN (SELECT m."
                        + Sql.quote(messages.key().get(0).name()) + " FROM " + Sql.quote(messages.table())
                        + " m WHERE m."
                        + Sql.quote(column(messages.conversation()).name()) + ids + "))"));
    }

    /** Whether no scan is under way; rows of one that is done are committed. */
    public static String scanned(String name) {
        return "SELECT NOT EXISTS (SELECT FROM " + Sql.quote(name) + ".scan WHERE state <> 'done')";
    }

    /**
     * Those that name no message and have the hash, or are tied to the conversation, of one of the messages; empty when
     * hashes tie none. Parameters: the array of message keys, twice.
     */
    public Optional<String> rowsByHashes() {
        if (!link.byHash(vectors)) {
            return Optional.empty();
        }
        Mapping.Scoped messages = link.messages();
        String found = " FROM " + Sql.quote(messages.table()) + " m WHERE m."
                + Sql.quote(messages.key().get(0).name()) + " = ANY (" + messageKeys() + "))";
        return Optional.of(
                rows(nameless() + "(" + InStep.hash(vectors) + " IN (SELECT " + messageHash() + found + " OR "
                        + t(link.conversation()) + " IN (SELECT m."
                        + Sql.quote(column(messages.conversation()).name()) + found
                        + ")"));
    }

    /**
     * Those that name no message and are out of step; empty when hashes tie none. No parameters. What a message said before
     * it was deleted or edited leads nowhere any more: vectors may have lost their only conversation, or have one left.
     */
    public Optional<String> rowsOfHashes() {
        return link.byHash(vectors) ? Optional.of(rows(nameless() + "true")) : Optional.empty();
    }

    /** All that are out of step. No parameters. */
    public String rows() {
        return rows("true");
    }

    /** Takes away those whose message is gone and that nobody holds. Parameter: the array of message keys. */
    public Optional<String> deleteByMessages() {
        Column message = link.message();
        if (message == null || link.onDelete() != VectorMeaning.OnDelete.DELETE) {
            return Optional.empty();
        }
        Mapping.Scoped messages = link.messages();
        return Optional.of("DELETE FROM " + Sql.quote(vectors.table()) + " t USING (SELECT "
                + Sql.each(vectors.key(), ", ", VectorFollowSql::t) + " FROM " + Sql.quote(vectors.table())
                + " t WHERE " + t(message) + " = ANY (" + messageKeys() + ") AND NOT EXISTS (SELECT FROM "
                + Sql.quote(messages.table()) + " m WHERE m."
                + Sql.quote(messages.key().get(0).name()) + " = " + t(message)
                + ") FOR UPDATE OF t SKIP LOCKED) k WHERE "
                + Sql.each(vectors.key(), " AND ", c -> t(c) + " = k." + Sql.quote(c.name())));
    }

    /**
     * Whether vectors are to be derived: unless a scan of all of them is still to begin, which waits until every other
     * table has been scanned and hashes can be looked up. What is left out before that the scan will find.
     */
    public static String ready(String name, Mapping mapping) {
        String scan = Sql.quote(name) + ".scan s WHERE ";
        String vectors = "(s.root_schema, s.root_name) IN ("
                + mapping.vectors().stream()
                        .map(t -> "(" + Sql.literal(t.table().schema()) + ", "
                                + Sql.literal(t.table().name()) + ")")
                        .collect(Collectors.joining(", "))
                + ")";
        String indexes = mapping.vectors().stream()
                .filter(t -> t.link() != null && t.link().byHash(t))
                .map(t -> t.link().messages())
                .distinct()
                .map(messages -> " AND " + indexed(messages.table(), column(messages.contentHash())))
                .collect(Collectors.joining());
        return "SELECT NOT EXISTS (SELECT FROM " + scan + vectors
                + " GROUP BY s.gap_id HAVING bool_and(s.state = 'pending'))" + " OR NOT EXISTS (SELECT FROM " + scan
                + "s.state <> 'done' AND NOT " + vectors + ")" + indexes;
    }

    private static String indexed(TableName table, Column column) {
        return "EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
                + " WHERE i.indrelid = to_regclass(" + Sql.literal(Sql.quote(table))
                + ") AND i.indisvalid AND a.attname = "
                + Sql.literal(column.name()) + ")";
    }

    private String rows(String condition) {
        return "SELECT " + DeriveSql.keyTexts(vectors.key()) + " FROM " + Sql.quote(vectors.table()) + " t"
                + step.join() + " WHERE " + condition + " AND " + step.outJoined();
    }

    private String messageKeys() {
        return "?::" + link.messages().key().get(0).type().sqlName() + "[]";
    }

    private String nameless() {
        return link.message() == null ? "" : t(link.message()) + " IS NULL AND ";
    }

    /** A message's hash as the vectors' table writes it. */
    private String messageHash() {
        Column theirs = column(link.messages().contentHash());
        String hash = "m." + Sql.quote(theirs.name());
        if (theirs.type() == column(vectors.contentHash()).type()) {
            return hash;
        }
        return theirs.type() == ColumnType.BYTEA ? "encode(" + hash + ", 'hex')" : "decode(" + hash + ", 'hex')";
    }

    private static String t(Column column) {
        return "t." + Sql.quote(column.name());
    }

    private static Column column(@Nullable Column column) {
        if (column == null) {
            throw new IllegalArgumentException("the table is not mapped with that column");
        }
        return column;
    }
}
