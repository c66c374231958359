package dev.lockstep.vector.postgres;

import dev.lockstep.vector.Point;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Parameters in, points out. */
final class PostgresRows {

    private PostgresRows() {}

    /** @return the parameter after the filter's */
    static int bind(PreparedStatement statement, int parameter, PostgresTable.Filter filter) throws SQLException {
        if (filter.column().isEmpty()) {
            return parameter;
        }
        bind(statement, parameter, filter.values());
        return parameter + 1;
    }

    static void bind(PreparedStatement statement, int parameter, List<String> texts) throws SQLException {
        statement.setArray(parameter, statement.getConnection().createArrayOf("text", texts.toArray()));
    }

    /** Of a query whose columns are the table's scalar ones. */
    static List<Point> points(PreparedStatement statement, PostgresTable table) throws SQLException {
        List<Point> points = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Map<String, Object> payload = new HashMap<>();
                int column = 1;
                for (Map.Entry<String, Kind> scalar : table.kinds().entrySet()) {
                    Object value = scalar.getValue().read(row, column++);
                    if (value != null) {
                        payload.put(scalar.getKey(), value);
                    }
                }
                points.add(new Point(String.valueOf(payload.get(table.key())), payload));
            }
        }
        return points;
    }
}
