package dev.lockstep.derive;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.sql.DeriveSql;
import dev.lockstep.state.DeadLetters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings named rows of one scoped table into step, in the caller's transaction. Stateless but for its SQL.
 *
 * <p>The fast way is one statement and fails as a whole. The careful way takes only rows that nobody holds, and halves
 * until a row that the server refuses stands alone.
 */
public final class RowDeriver {

    private final Mapping.Scoped table;
    private final DeriveSql sql;
    private final DeadLetters letters;

    public RowDeriver(Mapping mapping, Mapping.Scoped table, DeadLetters letters) {
        this.table = table;
        this.sql = new DeriveSql(mapping, table);
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

    /**
     * One statement, or two. An agent that was there a moment ago may be gone, so where not every row needed writing, a
     * third one looks for rows without one.
     *
     * @param keys the rows
     * @param withoutPersona those of them that may have a NULL persona
     */
    public Outcome fast(Connection connection, List<RowKey> keys, List<RowKey> withoutPersona) throws SQLException {
        long written = update(connection, keys, withoutPersona);
        List<RowKey> orphans = written < keys.size() ? query(connection, sql.rowsWithoutAgentByKey(), keys) : List.of();
        return new Outcome(written, List.of(), List.of(), orphans);
    }

    /**
     * Row by row where it must be.
     *
     * @param impossible personas that cannot have an agent; rows without an agent are then set aside
     */
    public Outcome careful(Connection connection, List<RowKey> keys, Map<String, AgentMaker.Refusal> impossible)
            throws SQLException {
        List<RowKey> ours = query(connection, sql.lockByKey(), keys);
        Set<RowKey> held = new LinkedHashSet<>(query(connection, sql.existingByKey(), keys));
        ours.forEach(held::remove);
        if (ours.isEmpty()) {
            return new Outcome(0, List.copyOf(held), List.of(), List.of());
        }
        List<RowKey> setAside = new ArrayList<>();
        long written = halving(connection, ours, setAside);
        List<RowKey> orphans = query(connection, sql.rowsWithoutAgentByKey(), ours);
        if (impossible.isEmpty()) {
            return new Outcome(written, List.copyOf(held), setAside, orphans);
        }
        AgentMaker.Refusal refusal = impossible.values().iterator().next();
        letters.add(connection, table.table(), orphans, refusal.sqlState(), refusal.reason());
        setAside.addAll(orphans);
        return new Outcome(written, List.copyOf(held), setAside, List.of());
    }

    private long halving(Connection connection, List<RowKey> keys, List<RowKey> setAside) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            long written = update(connection, keys, keys);
            connection.releaseSavepoint(before);
            return written;
        } catch (SQLException e) {
            if (ErrorPolicy.of(e) != ErrorPolicy.SET_ASIDE) {
                throw e;
            }
            connection.rollback(before);
            if (keys.size() == 1) {
                letters.add(connection, table.table(), keys, e.getSQLState(), ErrorPolicy.describe(e));
                setAside.addAll(keys);
                return 0;
            }
            int half = keys.size() / 2;
            return halving(connection, keys.subList(0, half), setAside)
                    + halving(connection, keys.subList(half, keys.size()), setAside);
        }
    }

    private long update(Connection connection, List<RowKey> keys, List<RowKey> withoutPersona) throws SQLException {
        long written = keys.isEmpty() ? 0 : update(connection, sql.updateByKey(), keys);
        Optional<String> second = sql.updateWithoutPersonaByKey();
        return second.isEmpty() || withoutPersona.isEmpty()
                ? written
                : written + update(connection, second.get(), withoutPersona);
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
    public List<String> personasWithoutAgent(Connection connection, List<RowKey> keys) throws SQLException {
        return query(connection, sql.personasWithoutAgentByKey(), keys, 1);
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
