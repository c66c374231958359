package dev.lockstep.vector;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.sql.PointFactsSql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks the database what it knows of points. Thread-safe. */
final class FactsReader {

    private final Mapping.Store store;
    private final PointFactsSql sql;

    FactsReader(Mapping mapping, Mapping.Store store) {
        this.store = store;
        this.sql = new PointFactsSql(mapping, store);
    }

    /** The facts of each point, in order. */
    List<Facts> read(Connection connection, List<PointTie> points) throws SQLException {
        Integer[] numbers = new Integer[points.size()];
        String[] messages = new String[points.size()];
        String[] personas = new String[points.size()];
        String[] hashes = new String[points.size()];
        for (int i = 0; i < numbers.length; i++) {
            PointTie tie = points.get(i);
            numbers[i] = i;
            messages[i] = tie.message();
            personas[i] = tie.persona();
            hashes[i] = tie.hash();
        }
        Facts[] facts = new Facts[points.size()];
        try (PreparedStatement statement = connection.prepareStatement(sql.facts())) {
            statement.setArray(1, connection.createArrayOf("int4", numbers));
            statement.setArray(
                    2, connection.createArrayOf(store.messageKey().type().sqlName(), messages));
            statement.setArray(
                    3,
                    connection.createArrayOf(store.messages().persona().type().sqlName(), personas));
            statement.setArray(4, connection.createArrayOf("text", hashes));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    int i = row.getInt(1);
                    facts[i] = facts(row, points.get(i));
                }
            }
        }
        return List.of(facts);
    }

    private static Facts facts(ResultSet row, PointTie tie) throws SQLException {
        VectorMeaning.Message message = row.getBoolean(2)
                ? new VectorMeaning.Message(row.getString(3), row.getString(4), row.getBoolean(5), row.getString(6))
                : null;
        Set<String> hashed = new HashSet<>();
        Array conversations = row.getArray(8);
        if (conversations != null) {
            hashed.addAll(List.of((String[]) conversations.getArray()));
        }
        return new Facts(tie.named(), message, row.getString(7), hashed, tie.now());
    }

    /** Some messages of a conversation, in the order of their keys. */
    List<String> messagesOf(Connection connection, String conversation, String after, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.messagesOf())) {
            statement.setArray(
                    1, connection.createArrayOf(store.conversation().type().sqlName(), new Object[] {conversation}));
            statement.setString(2, after.isEmpty() ? null : after);
            statement.setString(3, after.isEmpty() ? null : after);
            statement.setInt(4, limit);
            List<String> keys = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(row.getString(1));
                }
            }
            return keys;
        }
    }

    /** The hashes of those of the messages that are there and have one. */
    Map<String, String> hashesOf(Connection connection, List<String> messages) throws SQLException {
        Map<String, String> hashes = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql.hashesOf())) {
            statement.setArray(
                    1, connection.createArrayOf(store.messageKey().type().sqlName(), messages.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String hash = row.getString(2);
                    if (hash != null) {
                        hashes.put(row.getString(1), hash);
                    }
                }
            }
        }
        return hashes;
    }
}
