package dev.lockstep.derive;

import dev.lockstep.model.AgentIds;
import dev.lockstep.model.Mapping;
import dev.lockstep.sql.AgentSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Makes one agent per persona, before rows need it. Two processes that make the same agent end with one: the unique
 * persona column decides. Not thread-safe, as its session.
 */
public final class AgentMaker {

    private static final int BATCH = 1000;

    private final Mapping mapping;
    private final AgentSql sql;
    private final AgentCache cache;

    public AgentMaker(Mapping mapping, AgentCache cache) {
        this.mapping = mapping;
        this.sql = new AgentSql(mapping);
        this.cache = cache;
    }

    /**
     * What became of the personas.
     *
     * @param made how many agents were made
     * @param impossible personas that cannot have an agent for now, with the reason
     */
    public record Outcome(int made, Map<String, Refusal> impossible) {}

    /** Why the server refused an agent. */
    public record Refusal(String sqlState, String reason) {}

    /**
     * Sees to it that each of the personas has an agent; in transactions of its own on {@code session}. Asks the server
     * about each of them: what the cache knows may be gone.
     */
    public Outcome ensure(WriteSession session, Collection<String> personas) throws SQLException {
        Map<String, Refusal> impossible = new HashMap<>();
        int made = 0;
        List<String> all = List.copyOf(new LinkedHashSet<>(personas));
        for (int i = 0; i < all.size(); i += BATCH) {
            made += ensureBatch(session, all.subList(i, Math.min(all.size(), i + BATCH)), impossible);
        }
        return new Outcome(made, Map.copyOf(impossible));
    }

    /** Makes the agents of every row in Personas that has none. */
    public Outcome ensureAll(WriteSession session) throws SQLException {
        Optional<String> query = sql.personasWithoutAgent();
        Map<String, Refusal> impossible = new LinkedHashMap<>();
        int made = 0;
        while (query.isPresent()) {
            List<String> missing = new ArrayList<>();
            session.begin();
            try (PreparedStatement statement = session.connection().prepareStatement(query.get())) {
                statement.setArray(
                        1,
                        session.connection()
                                .createArrayOf("text", impossible.keySet().toArray()));
                statement.setInt(2, BATCH);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        missing.add(row.getString(1));
                    }
                }
            }
            session.commit();
            if (missing.isEmpty()) {
                break;
            }
            made += ensureBatch(session, missing, impossible);
        }
        return new Outcome(made, Map.copyOf(impossible));
    }

    private int ensureBatch(WriteSession session, List<String> personas, Map<String, Refusal> impossible)
            throws SQLException {
        session.begin();
        Set<String> missing = find(session.connection(), personas);
        session.commit();
        if (missing.isEmpty()) {
            return 0;
        }
        int made = insert(session, List.copyOf(missing), AgentIds::agent, impossible);
        session.begin();
        Set<String> still = find(session.connection(), missing);
        session.commit();
        still.removeAll(impossible.keySet());
        if (!still.isEmpty()) {
            // The name-based id is taken by an agent that was given to another persona.
            made += insert(session, List.copyOf(still), persona -> UUID.randomUUID(), impossible);
            session.begin();
            find(session.connection(), still);
            session.commit();
        }
        return made;
    }

    /** Inserts all, or halves until the ones that are refused stand alone. */
    private int insert(
            WriteSession session, List<String> personas, Function<String, UUID> id, Map<String, Refusal> impossible)
            throws SQLException {
        if (sql.rootGiven() && personas.size() > 1) {
            int made = 0;
            for (String persona : personas) {
                made += insert(session, List.of(persona), id, impossible);
            }
            return made;
        }
        session.begin();
        try {
            int made = execute(session.connection(), personas, id);
            session.commit();
            return made;
        } catch (SQLException e) {
            session.rollback();
            if (ErrorPolicy.of(e) != ErrorPolicy.SET_ASIDE) {
                throw e;
            }
            if (personas.size() == 1) {
                impossible.put(
                        personas.get(0),
                        new Refusal(
                                e.getSQLState(),
                                "no agent can be made for the row's persona (" + ErrorPolicy.describe(e) + ")"));
                return 0;
            }
            int half = personas.size() / 2;
            return insert(session, personas.subList(0, half), id, impossible)
                    + insert(session, personas.subList(half, personas.size()), id, impossible);
        }
    }

    private int execute(Connection connection, List<String> personas, Function<String, UUID> id) throws SQLException {
        Object[] roots =
                personas.stream().map(p -> AgentIds.memoryRoot(p).toString()).toArray();
        Optional<String> rootSql = sql.insertRoots();
        if (rootSql.isPresent()) {
            try (PreparedStatement statement = connection.prepareStatement(rootSql.get())) {
                statement.setArray(1, connection.createArrayOf(rootType(), roots));
                statement.executeUpdate();
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql.insert())) {
            statement.setArray(1, connection.createArrayOf("text", personas.toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text",
                            personas.stream().map(p -> id.apply(p).toString()).toArray()));
            statement.setArray(3, connection.createArrayOf("text", roots));
            return statement.executeUpdate();
        }
    }

    private String rootType() {
        return mapping.agents().memoryRoot().type().sqlName();
    }

    /** Puts those found into the cache and returns the others. */
    private Set<String> find(Connection connection, Collection<String> personas) throws SQLException {
        Set<String> missing = new LinkedHashSet<>(personas);
        try (PreparedStatement statement = connection.prepareStatement(sql.find())) {
            statement.setArray(
                    1,
                    connection.createArrayOf(mapping.agents().persona().type().sqlName(), personas.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    cache.put(row.getString(1), row.getString(2));
                    missing.remove(row.getString(1));
                }
            }
        }
        return missing;
    }
}
