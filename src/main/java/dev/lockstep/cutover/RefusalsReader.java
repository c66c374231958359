package dev.lockstep.cutover;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import dev.lockstep.sql.TurnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads from the catalog what the scoped tables refuse. */
final class RefusalsReader {

    private static final String SQL = """
            SELECT (SELECT attnotnull FROM pg_attribute WHERE attrelid = t.oid AND attname = ? AND NOT attisdropped),
              (SELECT attnotnull FROM pg_attribute WHERE attrelid = t.oid AND attname = ? AND NOT attisdropped),
              (SELECT convalidated FROM pg_constraint WHERE conrelid = t.oid AND contype = 'c' AND conname = ?)
            FROM (SELECT to_regclass(?)::oid) t(oid)
            """;

    private RefusalsReader() {}

    static Map<TableName, TurnSql.Refusals> read(Connection connection, Mapping mapping) throws SQLException {
        Map<TableName, TurnSql.Refusals> all = new LinkedHashMap<>();
        for (Mapping.Scoped table : mapping.tables()) {
            try (PreparedStatement statement = connection.prepareStatement(SQL)) {
                statement.setString(1, table.persona().name());
                statement.setString(2, table.agent().name());
                statement.setString(3, TurnSql.checkName(table));
                statement.setString(4, Sql.quote(table.table()));
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    boolean valid = row.getBoolean(3);
                    TurnSql.Check check =
                            row.wasNull() ? TurnSql.Check.NONE : valid ? TurnSql.Check.VALID : TurnSql.Check.NOT_VALID;
                    all.put(table.table(), new TurnSql.Refusals(row.getBoolean(1), row.getBoolean(2), check));
                }
            }
        }
        return all;
    }
}
