package dev.lockstep.sync;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.sql.DriftSql;
import java.util.List;

/** Finds the rows of one table that a change of agents put out of step. Pure. */
final class AgentFollower {

    private final Mapping.Scoped table;
    private final String sql;
    private final String all;

    AgentFollower(Mapping mapping, Mapping.Scoped table, Direction direction) {
        this.table = table;
        DriftSql drift = new DriftSql(mapping, table, direction);
        this.sql = drift.rowsByAgents();
        this.all = drift.allRows();
    }

    /** When every agent went: the event of a TRUNCATE names none. */
    KeyQuery query() {
        return new KeyQuery(all, table.key().size(), List.of());
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
