package dev.lockstep.sync;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.VectorFollowSql;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the vectors of one table that changes of messages and conversations put out of step. One thread at a time.
 *
 * <p>An event of a deletion or of an edit does not say what the message said before. What its hash alone had tied, or had
 * kept from being tied, is looked for in the table, once in a while after such events.
 */
final class VectorFollower {

    private static final Duration SWEEP_EVERY = Duration.ofSeconds(10);

    /** A sweep may take this share of the time at most. */
    private static final int SHARE = 20;

    private final Mapping.Scoped vectors;
    private final TableName messages;
    private final Optional<TableName> conversations;
    private final String messageType;
    private final String conversationType;
    private final VectorFollowSql sql;
    private boolean unsure = true; // what an earlier process may have seen and not swept
    private long sweepFrom = System.nanoTime();

    VectorFollower(Mapping mapping, Mapping.Scoped vectors, Mapping.VectorLink link) {
        this.vectors = vectors;
        this.messages = link.messages().table();
        this.conversations = Optional.ofNullable(link.conversations()).map(Mapping.Scoped::table);
        this.messageType = link.messages().key().get(0).type().sqlName();
        this.conversationType = link.conversation().type().sqlName();
        this.sql = new VectorFollowSql(mapping, vectors);
    }

    TableName table() {
        return vectors.table();
    }

    /** Whether the changes may put vectors out of step that are not among them. */
    boolean concerns(RowsByTable changes) {
        return changes.touches(messages)
                || conversations.filter(changes::touches).isPresent();
    }

    /**
     * What to ask for, once the changed messages are derived.
     *
     * @param scanned whether no scan was under way when this was asked
     */
    List<KeyQuery> queries(RowsByTable changes, boolean scanned) {
        if (changes.truncated().contains(messages)
                || conversations.filter(changes.truncated()::contains).isPresent()) {
            return List.of(query(sql.rows()));
        }
        List<KeyQuery> queries = new ArrayList<>();
        List<String> changedMessages = keys(changes.of(messages));
        if (!changedMessages.isEmpty()) {
            KeyQuery.Parameter keys = new KeyQuery.Parameter(messageType, changedMessages);
            sql.rowsByMessages().ifPresent(text -> queries.add(query(text, keys)));
            sql.rowsByHashes().ifPresent(text -> queries.add(query(text, keys, keys)));
        }
        List<String> changedConversations =
                conversations.map(c -> keys(changes.of(c))).orElse(List.of());
        if (!changedConversations.isEmpty()) {
            KeyQuery.Parameter ids = new KeyQuery.Parameter(conversationType, changedConversations);
            queries.add(sql.rowsByConversationsAndMessages()
                    .filter(text -> !scanned)
                    .map(text -> query(text, ids, ids))
                    .orElseGet(() -> query(sql.rowsByConversations(), ids)));
        }
        return queries;
    }

    /** Deletes the vectors of deleted messages, where that is what is wanted. */
    void delete(WriteSession session, RowsByTable changes) throws SQLException {
        Set<RowKey> gone = changes.gone().getOrDefault(messages, Set.of());
        unsure |= !gone.isEmpty() || changes.rewritten().contains(messages);
        Optional<String> text = sql.deleteByMessages();
        if (gone.isEmpty() || text.isEmpty()) {
            return;
        }
        session.begin();
        try (PreparedStatement statement = session.connection().prepareStatement(text.get())) {
            statement.setArray(
                    1,
                    session.connection().createArrayOf(messageType, keys(gone).toArray()));
            statement.executeUpdate();
        }
        session.commit();
    }

    /** What to ask for after deletions; empty when it is not time. */
    Optional<KeyQuery> sweep() {
        return unsure && System.nanoTime() - sweepFrom >= 0 ? sql.rowsOfHashes().map(this::query) : Optional.empty();
    }

    /** Whether vectors may be out of step until the next sweep. */
    boolean waiting() {
        return unsure && sql.rowsOfHashes().isPresent();
    }

    void sweeping() {
        unsure = false;
    }

    /** The sweep is over, or failed and has to be done again. */
    void swept(Duration took, boolean done) {
        unsure |= !done;
        long pause = Math.max(SWEEP_EVERY.toNanos(), took.toNanos() * SHARE);
        sweepFrom = System.nanoTime() + pause;
    }

    private KeyQuery query(String text, KeyQuery.Parameter... parameters) {
        return new KeyQuery(text, vectors.key().size(), List.of(parameters));
    }

    private static List<String> keys(Set<RowKey> rows) {
        return rows.stream().map(key -> key.values().get(0)).toList();
    }
}
