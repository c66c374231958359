package dev.lockstep.sync;

import dev.lockstep.model.Mapping;
import dev.lockstep.sql.DriftSql;
import java.util.List;

/** Finds the rows of one table that a change of agents put out of step. Pure. */
final class AgentFollower {

    private final Mapping.Scoped table;
    private final String sql;

    AgentFollower(Mapping mapping, Mapping.Scoped table) {
        this.table = table;
        this.sql = new DriftSql(mapping, table).rowsByAgents();
    }

    KeyQuery query(BatchPlan.AgentChanges changes) {
        return new KeyQuery(
                sql,
                table.key().size(),
                List.of(
                        new KeyQuery.Parameter(table.persona().type().sqlName(), List.copyOf(changes.personas())),
                        new KeyQuery.Parameter(table.agent().type().sqlName(), List.copyOf(changes.agents()))));
    }
}
