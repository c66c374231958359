package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The ledger of points whose conversation is not known: since when. */
public final class LegacyPoints {

    private final String table;

    public LegacyPoints(String name) {
        this.table = Sql.quote(name) + ".vector_legacy";
    }

    /** Notes points; those that are there keep their age. */
    public void add(Connection connection, String store, Collection<String> points, long pass) throws SQLException {
        change(
                connection,
                "INSERT INTO " + table + " (store, point, pass) SELECT ?, p.point, " + pass
                        + " FROM unnest(?::text[]) p(point)"
                        + " ON CONFLICT (store, point) DO UPDATE SET pass = excluded.pass",
                store,
                points);
    }

    /** Forgets points whose conversation is known by now. */
    public void remove(Connection connection, String store, Collection<String> points) throws SQLException {
        change(connection, "DELETE FROM " + table + " WHERE store = ? AND point = ANY (?)", store, points);
    }

    /** After a whole pass: forgets those that it did not see. */
    public void prune(Connection connection, String store, long pass) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM " + table + " WHERE store = ? AND pass < ?")) {
            statement.setString(1, store);
            statement.setLong(2, pass);
            statement.executeUpdate();
        }
    }

    /** How many there are, by age: up to an hour, a day, a week, and longer. */
    public Map<String, Long> ages(Connection connection, String store) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(*) FILTER (WHERE age <= interval '1 h'), count(*) FILTER (WHERE age > interval '1 h'"
                        + " AND age <= interval '1 d'), count(*) FILTER (WHERE age > interval '1 d'"
                        + " AND age <= interval '7 d'), count(*) FILTER (WHERE age > interval '7 d')"
                        + " FROM (SELECT clock_timestamp() - since AS age FROM " + table + " WHERE store = ?) l")) {
            statement.setString(1, store);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                Map<String, Long> ages = new LinkedHashMap<>();
                ages.put("hour", row.getLong(1));
                ages.put("day", row.getLong(2));
                ages.put("week", row.getLong(3));
                ages.put("older", row.getLong(4));
                return ages;
            }
        }
    }

    private static void change(Connection connection, String sql, String store, Collection<String> points)
            throws SQLException {
        if (points.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, store);
            statement.setArray(2, connection.createArrayOf("text", points.toArray()));
            statement.executeUpdate();
        }
    }
}
