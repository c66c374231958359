package dev.lockstep.derive;

import dev.lockstep.model.Mapping;
import dev.lockstep.sql.VectorFollowSql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Whether vectors are derived yet: their meaning rests on every other table, and before those are scanned it would be
 * looked up in vain, and slowly. Until then the stream leaves them to their own scan, which begins later: whatever the
 * stream left out was committed before the scan began. Thread-safe.
 */
public final class VectorGate {

    private final boolean mapped;
    private final String sql;
    private volatile boolean open;

    public VectorGate(String name, Mapping mapping) {
        this.mapped = !mapping.vectors().isEmpty();
        this.sql = mapped ? VectorFollowSql.ready(name, mapping) : "";
    }

    /** Whether there are vectors at all. */
    public boolean mapped() {
        return mapped;
    }

    /** Whether {@link #open} has said so before. */
    public boolean isOpen() {
        return open;
    }

    /** In the caller's transaction. Once open it stays so. */
    public boolean open(Connection connection) throws SQLException {
        if (mapped && !open) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                open = row.getBoolean(1);
            }
        }
        return open;
    }
}
