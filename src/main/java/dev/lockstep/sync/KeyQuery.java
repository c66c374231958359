package dev.lockstep.sync;

import dev.lockstep.derive.KeyArrays;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.RowKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Rows of one table that something else than their own change put out of step, some at a time.
 *
 * @param sql selects keys as text
 * @param keyColumns how many columns a key has
 * @param parameters arrays, in order
 */
record KeyQuery(String sql, int keyColumns, List<Parameter> parameters) {

    private static final int CHUNK = 2000;

    /**
     * @param type the server's name of the elements' type
     * @param values as text
     */
    record Parameter(String type, List<String> values) {}

    /** Some of them that are not among {@code seen}; empty when there are no others. */
    List<RowKey> next(WriteSession session, Set<RowKey> seen) throws SQLException {
        session.begin();
        List<RowKey> keys = new ArrayList<>();
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setFetchSize(CHUNK);
            for (int i = 0; i < parameters.size(); i++) {
                Parameter parameter = parameters.get(i);
                statement.setArray(
                        i + 1,
                        session.connection()
                                .createArrayOf(
                                        parameter.type(), parameter.values().toArray()));
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (keys.size() < CHUNK && rows.next()) {
                    RowKey key = KeyArrays.readOne(rows, keyColumns);
                    if (!seen.contains(key)) {
                        keys.add(key);
                    }
                }
            }
        }
        session.commit();
        return keys;
    }
}
