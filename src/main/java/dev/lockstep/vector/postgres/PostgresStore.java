package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableName;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table with embeddings, in any PostgreSQL database. Its single primary key is the id; columns of other types than text,
 * uuid, integers, floats and boolean are never read. The cursor is the last key. A {@link #write} is one transaction.
 */
public final class PostgresStore implements VectorStore {

    private static final String VERSION = "SELECT 'PostgreSQL ' || current_setting('server_version')"
            + " || coalesce((SELECT ', pgvector ' || extversion FROM pg_extension WHERE extname = 'vector'), '')";

    private static final String MAY_UPDATE =
            "SELECT has_any_column_privilege(?, 'SELECT') AND has_any_column_privilege(?, 'UPDATE')";

    private final PostgresSession session;
    private final String user;

    /**
     * Does no I/O.
     *
     * @param password null where the server asks for none
     * @param timeout for each call
     */
    public PostgresStore(String jdbcUrl, String user, @Nullable String password, TableName table, Duration timeout) {
        this.session = new PostgresSession(jdbcUrl, user, password, table, timeout);
        this.user = user;
    }

    @Override
    public String check() {
        return session.run(List.of(), (connection, table) -> {
            try (PreparedStatement allowed = connection.prepareStatement(MAY_UPDATE)) {
                allowed.setString(1, PostgresSql.quote(table.name()));
                allowed.setString(2, PostgresSql.quote(table.name()));
                try (ResultSet row = allowed.executeQuery()) {
                    row.next();
                    if (!row.getBoolean(1)) {
                        throw new StoreFailure(
                                "user " + user + " may not read and update the table " + table.name()
                                        + "; GRANT SELECT, UPDATE ON " + PostgresSql.quote(table.name()) + " to it",
                                null);
                    }
                }
            }
            try (Statement version = connection.createStatement();
                    ResultSet row = version.executeQuery(VERSION)) {
                row.next();
                return row.getString(1);
            }
        });
    }

    @Override
    public Page scroll(Selection which, @Nullable String cursor, int limit) {
        return session.run(fields(which), (connection, table) -> {
            PostgresTable.Filter filter = table.filter(which);
            if (filter.isNothing()) {
                return new Page(List.of(), null);
            }
            boolean from = cursor != null && table.keyKind().mayBe(cursor); // or it is of another store by this name
            String sql = PostgresSql.scroll(table, filter, from);
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                int next = PostgresRows.bind(statement, 1, filter);
                if (from) {
                    statement.setString(next++, cursor);
                }
                statement.setInt(next, limit);
                List<Point> points = PostgresRows.points(statement, table);
                return new Page(
                        points,
                        points.size() < limit ? null : points.get(limit - 1).id());
            }
        });
    }

    @Override
    public void write(List<Edit> edits) {
        Map<StampShape, List<Edit.Stamp>> stamps = StampShape.group(edits);
        List<String> removals = edits.stream()
                .filter(Edit.Removal.class::isInstance)
                .map(Edit::id)
                .toList();
        Set<String> columns = new HashSet<>();
        stamps.keySet().forEach(shape -> columns.addAll(shape.columns()));
        session.run(columns, (connection, table) -> {
            connection.setAutoCommit(false);
            for (Map.Entry<StampShape, List<Edit.Stamp>> alike : stamps.entrySet()) {
                update(connection, table, alike.getKey(), possible(table, alike.getValue()));
            }
            try (PreparedStatement delete = connection.prepareStatement(PostgresSql.delete(table))) {
                PostgresRows.bind(
                        delete,
                        1,
                        removals.stream().filter(table.keyKind()::mayBe).toList());
                delete.executeUpdate();
            }
            connection.commit();
            connection.setAutoCommit(true);
            return true;
        });
    }

    @Override
    public long count(Selection which) {
        return session.run(fields(which), (connection, table) -> {
            PostgresTable.Filter filter = table.filter(which);
            if (filter.isNothing()) {
                return 0L;
            }
            try (PreparedStatement statement = connection.prepareStatement(PostgresSql.count(table, filter))) {
                PostgresRows.bind(statement, 1, filter);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    @Override
    public void close() {
        session.close();
    }

    private static List<String> fields(Selection which) {
        return which instanceof Selection.AnyOf anyOf ? List.of(anyOf.field()) : List.of();
    }

    private static List<Edit.Stamp> possible(PostgresTable table, List<Edit.Stamp> stamps) {
        return stamps.stream()
                .filter(stamp -> table.keyKind().mayBe(stamp.id()))
                .toList();
    }

    private static void update(Connection connection, PostgresTable table, StampShape shape, List<Edit.Stamp> stamps)
            throws SQLException {
        String sql = PostgresSql.update(table, shape.set(), shape.unset());
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            PostgresRows.bind(update, 1, stamps.stream().map(Edit.Stamp::id).toList());
            int next = 2;
            for (String column : shape.set()) {
                PostgresRows.bind(
                        update,
                        next++,
                        stamps.stream()
                                .map(stamp -> String.valueOf(stamp.set().get(column)))
                                .toList());
            }
            update.executeUpdate();
        }
    }
}
