package dev.lockstep.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The JDBC example of docs/RECALL.md, to the letter. */
public final class RecallExample {

    private RecallExample() {}

    public static List<String> memories(Connection connection, UUID conversation, UUID agent, UUID persona)
            throws SQLException {
        List<String> memories = new ArrayList<>();
        String sql = "SELECT \"Id\", \"Content\" FROM lockstep.recall(?, ?, ?, ?, ?)";
        try (PreparedStatement recall = connection.prepareStatement(sql)) {
            recall.setObject(1, conversation);
            recall.setObject(2, agent);
            recall.setObject(3, "[0.1, 0.2, 0.3]", Types.OTHER);
            recall.setInt(4, 5);
            recall.setObject(5, persona);
            try (ResultSet row = recall.executeQuery()) {
                while (row.next()) {
                    memories.add(row.getString("Content"));
                }
            }
        }
        return memories;
    }
}
