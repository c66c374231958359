package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableName;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorSearch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Searches a table of another PostgreSQL database: by cosine distance where its embeddings are pgvector's, and gives the
 * newest first, whatever the query, where they are not. Its payload is as in {@link PostgresStore}.
 */
public final class PostgresSearch implements VectorSearch {

    private final PostgresSession session;
    private final Order order;

    /**
     * What is asked for first, as the keys of the same names say for a table in the database.
     *
     * @param embedding a column of vectors; null: newest first
     * @param newest a column by which rows are newer or older; null: by the primary key
     */
    public record Order(
            @Nullable String embedding, @Nullable String newest) {}

    /** Does no I/O. The other parameters are those of {@link PostgresStore}; the user need only read. */
    public PostgresSearch(
            String jdbcUrl, String user, @Nullable String password, TableName table, Order order, Duration timeout) {
        this.session = new PostgresSession(jdbcUrl, user, password, table, timeout);
        this.order = order;
    }

    @Override
    public List<Point> nearest(float[] query, Selection.AnyOf among, Selection.AnyOf without, int limit) {
        return session.run(columns(among, without), (connection, table) -> {
            PostgresTable.Filter these = table.filter(among);
            PostgresTable.Filter others = table.filter(without);
            if (these.isNothing()) {
                return List.of();
            }
            Ranking ranking = Ranking.of(table, order);
            prepare(connection, ranking);
            try (PreparedStatement nearest =
                    connection.prepareStatement(PostgresSql.nearest(table, these, others, ranking))) {
                int next = PostgresRows.bind(nearest, 1, these);
                next = PostgresRows.bind(nearest, next, others);
                if (ranking.measured()) {
                    nearest.setString(next++, Arrays.toString(query));
                }
                nearest.setInt(next, limit);
                return PostgresRows.points(nearest, table);
            }
        });
    }

    private List<String> columns(Selection.AnyOf among, Selection.AnyOf without) {
        return Stream.of(among.field(), without.field(), order.embedding(), order.newest())
                .filter(Objects::nonNull)
                .toList();
    }

    private static void prepare(Connection connection, Ranking ranking) throws SQLException {
        if (ranking.measured()) {
            try (Statement setting = connection.createStatement()) {
                setting.execute(ranking.setting());
            }
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
