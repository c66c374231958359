package dev.lockstep.derive;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.sql.DeriveSql;
import dev.lockstep.state.DeadLetters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Brings named rows of one scoped table into step, in the caller's transaction. Stateless but for its SQL.
 *
 * <p>The fast way is one statement and fails as a whole. The careful way takes only rows that nobody holds, and halves
 * until a row that the server refuses stands alone.
 */
public final class RowDeriver {

    private static final String CONFLICT =
            "persona and agent are both set and disagree; set the one that is wrong to what fits the other, or to NULL";

    private final Mapping.Scoped table;
    private final Map<Direction, DeriveSql> byDirection = new EnumMap<>(Direction.class);
    private final DeadLetters letters;

    public RowDeriver(Mapping mapping, Mapping.Scoped table, DeadLetters letters) {
        this.table = table;
        for (Direction direction : Direction.values()) {
            byDirection.put(direction, new DeriveSql(mapping, table, direction));
        }
        this.letters = letters;
    }

    public Mapping.Scoped table() {
        return table;
    }

    /**
     * What became of the rows.
     *
     * @param written rows that were out of step and are in step now
     * @param held rows that somebody else holds: not done, to be tried again
     * @param setAside rows that the server refuses, now dead letters
     * @param orphans rows whose persona has no agent: not done, to be derived again once it has one
     */
    public record Outcome(long written, List<RowKey> held, List<RowKey> setAside, List<RowKey> orphans) {}

    private DeriveSql sql(WriteSession session) {
        return Objects.requireNonNull(byDirection.get(session.direction()));
    }

    /**
     * One statement, or two. An agent that was there a moment ago may be gone, so where not every row needed writing, a
     * third one looks for rows without one.
     * And one for rows whose persona and agent disagree, where such rows are to be named.
     *
     * @param session in a transaction, whose direction it takes
     * @param keys the rows
     * @param withoutPersona those of them that may have a NULL persona
     */
    public Outcome fast(WriteSession session, List<RowKey> keys, List<RowKey> withoutPersona) throws SQLException {
        DeriveSql sql = sql(session);
        Connection connection = session.connection();
        long written = update(connection, sql, keys, withoutPersona);
        List<RowKey> orphans = written < keys.size() || sql.secondForAll()
                ? query(connection, sql.rowsWithoutAgentByKey(), keys)
                : List.of();
        return new Outcome(written, List.of(), conflicts(connection, sql, keys), orphans);
    }

    /** Set aside: which of the two is right only a human knows. */
    private List<RowKey> conflicts(Connection connection, DeriveSql sql, List<RowKey> keys) throws SQLException {
        Optional<String> text = sql.conflictsByKey();
        if (text.isEmpty()) {
            return List.of();
        }
        List<RowKey> conflicts = query(connection, text.get(), keys);
        letters.add(connection, table.table(), conflicts, DeadLetters.CONFLICT, CONFLICT);
        return conflicts;
    }

    /**
     * Row by row where it must be.
     *
     * @param impossible personas that cannot have an agent; rows without an agent are then set aside
     */
    public Outcome careful(WriteSession session, List<RowKey> keys, Map<String, AgentMaker.Refusal> impossible)
            throws SQLException {
        DeriveSql sql = sql(session);
        Connection connection = session.connection();
        checkAtOnce(connection);
        List<List<RowKey>> locked = lock(connection, sql, keys);
        List<RowKey> ours = locked.stream().flatMap(List::stream).toList();
        Set<RowKey> held = new LinkedHashSet<>(query(connection, sql.existingByKey(), keys));
        ours.forEach(held::remove);
        if (ours.isEmpty()) {
            return new Outcome(0, List.copyOf(held), List.of(), List.of());
        }
        Halving halving = new Halving(connection, rows -> update(connection, sql, rows, rows));
        long written = halving.run(locked);
        held.addAll(halving.putOff());
        List<RowKey> setAside = new ArrayList<>(setAside(connection, halving.refused()));
        setAside.addAll(conflicts(connection, sql, ours));
        List<RowKey> orphans = query(connection, sql.rowsWithoutAgentByKey(), ours);
        if (impossible.isEmpty()) {
            return new Outcome(written, List.copyOf(held), setAside, orphans);
        }
        AgentMaker.Refusal refusal = impossible.values().iterator().next();
        letters.add(connection, table.table(), orphans, refusal.sqlState(), refusal.reason());
        setAside.addAll(orphans);
        return new Outcome(written, List.copyOf(held), setAside, List.of());
    }

    /** What a deferred constraint would refuse at the commit it has to refuse at the row. */
    private static void checkAtOnce(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
    }

    /** Locks the rows that nobody holds; one list for each persona. */
    private List<List<RowKey>> lock(Connection connection, DeriveSql sql, List<RowKey> keys) throws SQLException {
        Map<String, List<RowKey>> byPersona = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql.lockByKey())) {
            KeyArrays.bind(statement, table.key(), keys);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String persona = row.getString(table.key().size() + 1);
                    byPersona
                            .computeIfAbsent(persona == null ? "" : persona, p -> new ArrayList<>())
                            .add(KeyArrays.readOne(row, table.key().size()));
                }
            }
        }
        return List.copyOf(byPersona.values());
    }

    private List<RowKey> setAside(Connection connection, List<Halving.Refusal> refusals) throws SQLException {
        for (Halving.Refusal refusal : refusals) {
            SQLException cause = refusal.cause();
            letters.add(
                    connection,
                    table.table(),
                    List.of(refusal.key()),
                    cause.getSQLState(),
                    ErrorPolicy.describe(cause));
        }
        return refusals.stream().map(Halving.Refusal::key).toList();
    }

    private long update(Connection connection, DeriveSql sql, List<RowKey> keys, List<RowKey> withoutPersona)
            throws SQLException {
        long written = keys.isEmpty() ? 0 : update(connection, sql.updateByKey(), keys);
        Optional<String> second = sql.updateWithoutPersonaByKey();
        List<RowKey> rest = sql.secondForAll() ? keys : withoutPersona;
        return second.isEmpty() || rest.isEmpty() ? written : written + update(connection, second.get(), rest);
    }

    private long update(Connection connection, String text, List<RowKey> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            KeyArrays.bind(statement, table.key(), keys);
            return statement.executeUpdate();
        }
    }

    private List<RowKey> query(Connection connection, String text, List<RowKey> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            KeyArrays.bind(statement, table.key(), keys);
            try (ResultSet rows = statement.executeQuery()) {
                return KeyArrays.read(rows, table.key().size());
            }
        }
    }

    /** Distinct personas of the named rows that have no agent yet. */
    public List<String> personasWithoutAgent(WriteSession session, List<RowKey> keys) throws SQLException {
        return query(session.connection(), sql(session).personasWithoutAgentByKey(), keys, 1);
    }

    private List<String> query(Connection connection, String text, List<RowKey> keys, int column) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            KeyArrays.bind(statement, table.key(), keys);
            try (ResultSet rows = statement.executeQuery()) {
                List<String> values = new ArrayList<>();
                while (rows.next()) {
                    values.add(rows.getString(column));
                }
                return values;
            }
        }
    }
}
