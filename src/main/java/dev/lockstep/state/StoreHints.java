package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages and conversations whose points, in stores outside the database, may be out of step. A hint is there once,
 * however often it is given; when a store has too many they are given up for a sweep of the whole store.
 */
public final class StoreHints {

    private final String hints;
    private final String stores;

    public StoreHints(String name) {
        this.hints = Sql.quote(name) + ".vector_hint";
        this.stores = Sql.quote(name) + ".vector_store";
    }

    /** What the key names. */
    public enum Kind {
        MESSAGE,
        CONVERSATION;

        String text() {
            return switch (this) {
                case MESSAGE -> "message";
                case CONVERSATION -> "conversation";
            };
        }
    }

    /**
     * @param deleted whether it was seen to be deleted
     * @param version another one after each time it was given
     * @param tries how often no point was found for it
     */
    public record Hint(Kind kind, String key, boolean deleted, long version, int tries) {}

    /** Gives hints to a store, unless it has too many. */
    public void add(Connection connection, String store, Kind kind, Collection<String> keys, boolean deleted)
            throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO " + hints
                + " AS h (store, kind, key, deleted) SELECT s.store, ?, k.key, ? FROM " + stores
                + " s, unnest(?::text[]) k(key) WHERE s.store = ? AND NOT s.hints_overflowed ORDER BY k.key"
                + " ON CONFLICT (store, kind, key) DO UPDATE SET deleted = excluded.deleted, version = h.version + 1,"
                + " tries = 0, due = clock_timestamp()")) {
            statement.setString(1, kind.text());
            statement.setBoolean(2, deleted);
            statement.setArray(3, connection.createArrayOf("text", keys.toArray()));
            statement.setString(4, store);
            statement.executeUpdate();
        }
    }

    /** The oldest of the hints that are due, at most {@code limit}. */
    public List<Hint> due(Connection connection, String store, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT kind, key, deleted, version, tries FROM "
                + hints + " WHERE store = ? AND due <= clock_timestamp() ORDER BY due LIMIT ?")) {
            statement.setString(1, store);
            statement.setInt(2, limit);
            List<Hint> due = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    due.add(new Hint(
                            row.getString(1).equals(Kind.MESSAGE.text()) ? Kind.MESSAGE : Kind.CONVERSATION,
                            row.getString(2),
                            row.getBoolean(3),
                            row.getLong(4),
                            row.getInt(5)));
                }
            }
            return due;
        }
    }

    /**
     * @param hints how many were not tried yet
     * @param seconds how long the oldest of them waits; null when there is none
     */
    public record Waiting(long hints, @Nullable Double seconds) {}

    /** What was not tried yet. */
    public Waiting waiting(Connection connection, String store) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT count(*),"
                + " extract(epoch FROM clock_timestamp() - min(due))::float8 FROM " + hints
                + " WHERE store = ? AND tries = 0")) {
            statement.setString(1, store);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Waiting(row.getLong(1), row.getObject(2, Double.class));
            }
        }
    }

    /** Forgets hints, but those that were given again since they were read. */
    public void done(Connection connection, String store, Collection<Hint> done) throws SQLException {
        each(
                connection,
                "DELETE FROM " + hints + " h USING unnest(?::text[], ?::text[], ?::int8[]) d(kind, key, version)"
                        + " WHERE h.store = ? AND h.kind = d.kind AND h.key = d.key AND h.version = d.version",
                store,
                done);
    }

    /** Makes hints due again later, by a factor of three each time. */
    public void later(Connection connection, String store, Collection<Hint> later) throws SQLException {
        each(
                connection,
                "UPDATE " + hints + " h SET due = clock_timestamp() + interval '1 s' * power(3, h.tries),"
                        + " tries = h.tries + 1 FROM unnest(?::text[], ?::text[], ?::int8[]) d(kind, key, version)"
                        + " WHERE h.store = ? AND h.kind = d.kind AND h.key = d.key AND h.version = d.version",
                store,
                later);
    }

    /**
     * Gives up all hints of a store that has more than {@code most}, and wants a sweep instead.
     *
     * @return whether it has
     */
    public boolean overflow(Connection connection, String store, int most) throws SQLException {
        try (PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM (SELECT FROM " + hints
                + " WHERE store = ? LIMIT ?) h WHERE NOT (SELECT hints_overflowed FROM " + stores
                + " WHERE store = ?)")) {
            count.setString(1, store);
            count.setInt(2, most + 1);
            count.setString(3, store);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                if (row.getLong(1) <= most) {
                    return false;
                }
            }
        }
        update(connection, "UPDATE " + stores + " SET hints_overflowed = true WHERE store = ?", store);
        return true;
    }

    /** Takes hints again after an overflow; those that are there are forgotten. Commit it before the sweep begins. */
    public void reset(Connection connection, String store) throws SQLException {
        update(
                connection,
                "UPDATE " + stores + " SET hints_overflowed = false, sweeps_wanted = sweeps_wanted + 1 WHERE store = ?",
                store);
        update(connection, "DELETE FROM " + hints + " WHERE store = ?", store);
    }

    private static void update(Connection connection, String sql, String store) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, store);
            statement.executeUpdate();
        }
    }

    private static void each(Connection connection, String sql, String store, Collection<Hint> some)
            throws SQLException {
        if (some.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", some.stream().map(h -> h.kind().text()).toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text", some.stream().map(Hint::key).toArray()));
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "int8", some.stream().map(Hint::version).toArray()));
            statement.setString(4, store);
            statement.executeUpdate();
        }
    }
}
