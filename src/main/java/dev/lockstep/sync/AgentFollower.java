package dev.lockstep.sync;

import dev.lockstep.derive.KeyArrays;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.sql.DriftSql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds the rows of one table that a change of agents put out of step. */
final class AgentFollower {

    private static final int CHUNK = 2000;

    private final Mapping.Scoped table;
    private final String sql;

    AgentFollower(Mapping mapping, Mapping.Scoped table) {
        this.table = table;
        this.sql = new DriftSql(mapping, table).rowsByAgents();
    }

    /** Some of them that are not among {@code seen}; empty when there are no others. */
    List<RowKey> next(WriteSession session, BatchPlan.AgentChanges changes, Set<RowKey> seen) throws SQLException {
        session.begin();
        List<RowKey> keys = new ArrayList<>();
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setFetchSize(CHUNK);
            statement.setArray(
                    1,
                    session.connection()
                            .createArrayOf(
                                    table.persona().type().sqlName(),
                                    changes.personas().toArray()));
            statement.setArray(
                    2,
                    session.connection()
                            .createArrayOf(
                                    table.agent().type().sqlName(),
                                    changes.agents().toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (keys.size() < CHUNK && rows.next()) {
                    RowKey key = KeyArrays.readOne(rows, table.key().size());
                    if (!seen.contains(key)) {
                        keys.add(key);
                    }
                }
            }
        }
        session.commit();
        return keys;
    }
}
