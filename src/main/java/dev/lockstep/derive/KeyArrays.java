package dev.lockstep.derive;

import dev.lockstep.model.Column;
import dev.lockstep.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Keys as one array per key column, the form in which statements take them, and back. */
public final class KeyArrays {

    private KeyArrays() {}

    /** Sets parameters 1 to n, n being the number of key columns. */
    public static void bind(PreparedStatement statement, List<Column> key, List<RowKey> keys) throws SQLException {
        Connection connection = statement.getConnection();
        for (int column = 0; column < key.size(); column++) {
            Object[] values = new Object[keys.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = keys.get(i).values().get(column);
            }
            statement.setArray(
                    column + 1, connection.createArrayOf(key.get(column).type().sqlName(), values));
        }
    }

    /** Reads the first {@code columns} columns of every row as keys. */
    public static List<RowKey> read(ResultSet rows, int columns) throws SQLException {
        List<RowKey> keys = new ArrayList<>();
        while (rows.next()) {
            keys.add(readOne(rows, columns));
        }
        return keys;
    }

    /** Reads the current row's first {@code columns} columns as a key. */
    public static RowKey readOne(ResultSet row, int columns) throws SQLException {
        List<String> values = new ArrayList<>(columns);
        for (int i = 1; i <= columns; i++) {
            values.add(row.getString(i));
        }
        return new RowKey(values);
    }
}
