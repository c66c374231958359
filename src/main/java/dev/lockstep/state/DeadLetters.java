package dev.lockstep.state;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows that cannot be derived for now: by key and reason, never their content. */
public final class DeadLetters {

    /** In place of an SQLSTATE: the server would not mind. */
    public static final String CONFLICT = "LS001";

    /** Of a table, or of all; of a row, or of all. */
    private static final String CHOSEN =
            " WHERE (?::text IS NULL OR table_schema = ? AND table_name = ?) AND (?::text[] IS NULL OR key = ?)";

    private final String table;

    public DeadLetters(String name) {
        this.table = Sql.quote(name) + ".dead_letter";
    }

    /** A row set aside. */
    public record Letter(
            TableName table,
            RowKey key,
            String sqlState,
            String reason,
            int tries,
            Instant firstSeen,
            Instant nextTry) {}

    /** Sets rows aside, or counts another try; the next one comes later each time, up to an hour. */
    public void add(Connection connection, TableName of, Collection<RowKey> keys, String sqlState, String reason)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO " + table
                        + " AS d (table_schema, table_name, key, sqlstate, reason, next_try)"
                        + " VALUES (?, ?, ?, ?, ?, clock_timestamp() + interval '10 s')"
                        + " ON CONFLICT (table_schema, table_name, key) DO UPDATE SET sqlstate = excluded.sqlstate,"
                        + " reason = excluded.reason, tries = d.tries + 1, last_tried = clock_timestamp(),"
                        + " next_try = clock_timestamp() + least(interval '1 h', interval '10 s' * power(2, least(d.tries, 12)))")) {
            for (RowKey key : keys) {
                statement.setString(1, of.schema());
                statement.setString(2, of.name());
                statement.setArray(3, array(connection, key));
                statement.setString(4, sqlState);
                statement.setString(5, reason);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    /** Forgets rows that are in step or gone. */
    public void remove(Connection connection, TableName of, Collection<RowKey> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "DELETE FROM " + table + " WHERE table_schema = ? AND table_name = ? AND key = ?")) {
            for (RowKey key : keys) {
                statement.setString(1, of.schema());
                statement.setString(2, of.name());
                statement.setArray(3, array(connection, key));
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    /** Forgets all rows of a table that was truncated. */
    public void removeAll(Connection connection, TableName of) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM " + table + " WHERE table_schema = ? AND table_name = ?")) {
            statement.setString(1, of.schema());
            statement.setString(2, of.name());
            statement.executeUpdate();
        }
    }

    /** Makes the letters of these rows due: the rows have changed. */
    public void makeDue(Connection connection, TableName of, Collection<RowKey> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("UPDATE " + table
                + " SET next_try = clock_timestamp() WHERE table_schema = ? AND table_name = ? AND key = ?")) {
            for (RowKey key : keys) {
                statement.setString(1, of.schema());
                statement.setString(2, of.name());
                statement.setArray(3, array(connection, key));
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    /** Makes every letter due: something it may have waited for has come. */
    public void retryAll(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE " + table + " SET next_try = clock_timestamp() WHERE next_try > clock_timestamp()")) {
            statement.executeUpdate();
        }
    }

    /** The letters whose next try has come, oldest first. */
    public List<Letter> due(Connection connection, int limit) throws SQLException {
        return letters(connection, " WHERE next_try <= clock_timestamp() ORDER BY next_try LIMIT " + limit);
    }

    public List<Letter> oldest(Connection connection, int limit) throws SQLException {
        return letters(connection, " ORDER BY first_seen LIMIT " + limit);
    }

    /** One of them. */
    public Optional<Letter> find(Connection connection, TableName of, RowKey key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(select(CHOSEN))) {
            choose(statement, of, key);
            return read(statement).stream().findFirst();
        }
    }

    /**
     * Makes letters due at once.
     *
     * @param of null for every table
     * @param key null for every row
     * @return how many
     */
    public long makeDue(Connection connection, @Nullable TableName of, @Nullable RowKey key) throws SQLException {
        return change(connection, "UPDATE " + table + " SET next_try = clock_timestamp()", of, key);
    }

    /** Forgets letters whose rows stay out of step; parameters as of {@link #makeDue}. */
    public long discard(Connection connection, @Nullable TableName of, @Nullable RowKey key) throws SQLException {
        return change(connection, "DELETE FROM " + table, of, key);
    }

    private static long change(Connection connection, String sql, @Nullable TableName of, @Nullable RowKey key)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql + CHOSEN)) {
            choose(statement, of, key);
            return statement.executeLargeUpdate();
        }
    }

    private static void choose(PreparedStatement statement, @Nullable TableName of, @Nullable RowKey key)
            throws SQLException {
        statement.setString(1, of == null ? null : of.schema());
        statement.setString(2, of == null ? null : of.schema());
        statement.setString(3, of == null ? null : of.name());
        statement.setArray(4, key == null ? null : array(statement.getConnection(), key));
        statement.setArray(5, key == null ? null : array(statement.getConnection(), key));
    }

    public long count(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM " + table);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private List<Letter> letters(Connection connection, String rest) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(select(rest))) {
            return read(statement);
        }
    }

    private String select(String rest) {
        return "SELECT table_schema, table_name, key, sqlstate, reason, tries, first_seen, next_try FROM " + table
                + rest;
    }

    private static List<Letter> read(PreparedStatement statement) throws SQLException {
        List<Letter> letters = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                letters.add(new Letter(
                        new TableName(row.getString(1), row.getString(2)),
                        new RowKey(List.of((String[]) row.getArray(3).getArray())),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        row.getTimestamp(7).toInstant(),
                        row.getTimestamp(8).toInstant()));
            }
        }
        return letters;
    }

    private static Array array(Connection connection, RowKey key) throws SQLException {
        return connection.createArrayOf("text", key.values().toArray());
    }
}
