package dev.lockstep.verify;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Which of the named rows are out of step. Writes nothing; stateless but for its SQL. */
public final class DriftByKey {

    private final TableComparison comparison;

    public DriftByKey(Mapping mapping, Mapping.Scoped table, Direction direction) {
        this.comparison = new TableComparison(mapping, table, direction);
    }

    /** Those that are there and out of step. */
    public Set<RowKey> of(Connection connection, List<RowKey> keys) throws SQLException {
        return comparison.look(connection, keys).keySet();
    }
}
