package dev.lockstep.verify;

import dev.lockstep.model.Mapping;
import dev.lockstep.sql.AgentDriftSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/** Compares personas with agents. Stateless. */
final class AgentComparison {

    private final AgentDriftSql sql;

    AgentComparison(Mapping mapping) {
        this.sql = new AgentDriftSql(mapping);
    }

    /** Personas without an agent, as text, at most 10,000. */
    Set<String> missing(Connection connection) throws SQLException {
        Set<String> personas = new HashSet<>();
        try (PreparedStatement statement = connection.prepareStatement(sql.personasWithoutAgent(10_000));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                personas.add(rows.getString(1));
            }
        }
        return personas;
    }

    VerifyReport.Agents report(Connection connection, long missing) throws SQLException {
        return new VerifyReport.Agents(
                missing, count(connection, sql.countDuplicates()), count(connection, sql.countWithoutMemoryRoot()));
    }

    private static long count(Connection connection, String text) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
