package dev.lockstep.verify;

import dev.lockstep.model.Mapping;
import dev.lockstep.sql.VectorCountSql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Counts legacy vectors, orphans and duplicates. Stateless. */
final class VectorCounts {

    private VectorCounts() {}

    static List<VerifyReport.Vectors> read(Connection connection, Mapping mapping) throws SQLException {
        List<VerifyReport.Vectors> counts = new ArrayList<>();
        for (Mapping.Scoped vectors : mapping.vectors()) {
            VectorCountSql sql = new VectorCountSql(vectors);
            try (Statement statement = connection.createStatement()) {
                long duplicates;
                try (ResultSet row = statement.executeQuery(sql.duplicates())) {
                    row.next();
                    duplicates = row.getLong(1);
                }
                try (ResultSet row = statement.executeQuery(sql.sources())) {
                    row.next();
                    counts.add(new VerifyReport.Vectors(
                            vectors.table().toString(), row.getLong("legacy"), row.getLong("orphaned"), duplicates));
                }
            }
        }
        return counts;
    }
}
