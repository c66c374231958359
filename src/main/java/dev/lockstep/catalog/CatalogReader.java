package dev.lockstep.catalog;

import dev.lockstep.model.ColumnType;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ColumnShape;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import dev.lockstep.model.TypeName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads {@link TableShape}s. Stateless; each call uses only the connection it is given. */
public final class CatalogReader {

    private static final String TABLE = """
            SELECT c.oid, c.relkind, c.relreplident, i.indkey IS NOT NULL AS has_key,
                   coalesce(con.condeferrable, false) AS deferrable,
                   ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, ord)
                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum ORDER BY k.ord) AS key,
                   ARRAY(SELECT a.attname::text FROM pg_index r
                           CROSS JOIN unnest(r.indkey::int2[]) WITH ORDINALITY k(attnum, ord)
                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                          WHERE r.indrelid = c.oid
                            AND CASE c.relreplident WHEN 'i' THEN r.indisreplident ELSE r.indisprimary END
                          ORDER BY k.ord) AS identity
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
              LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype = 'p'
             WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')
            """;

    private static final String COLUMNS = """
            SELECT a.attname, coalesce(b.typname, t.typname) AS typname, n.nspname AS typschema,
                   format_type(a.atttypid, a.atttypmod) AS type_text, a.attnotnull,
                   a.atthasdef OR a.attidentity <> '' AS fills_itself
              FROM pg_attribute a
              JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_type b ON b.oid = t.typbasetype
              JOIN pg_namespace n ON n.oid = coalesce(b.typnamespace, t.typnamespace)
             WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum
            """;

    private static final String LEAVES = """
            SELECT n.nspname, c.relname FROM pg_partition_tree(?::oid::regclass) p
              JOIN pg_class c ON c.oid = p.relid
              JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE p.isleaf AND c.relkind = 'r' ORDER BY 1, 2
            """;

    /** The shapes of all tables that {@code spec} names and that exist. */
    public Map<TableName, TableShape> read(Connection connection, MappingSpec spec) throws SQLException {
        Set<TableName> names = new LinkedHashSet<>();
        if (spec.personas() != null) {
            names.add(spec.personas().table());
        }
        names.add(spec.agents().table());
        if (spec.memoryRoots() != null) {
            names.add(spec.memoryRoots().table());
        }
        names.addAll(spec.derived());
        return read(connection, names);
    }

    /**
     * As {@link #read(Connection, MappingSpec)}, with the leaves of partitioned tables: each has a replica identity of
     * its own.
     */
    public Map<TableName, TableShape> readWithLeaves(Connection connection, MappingSpec spec) throws SQLException {
        Map<TableName, TableShape> shapes = read(connection, spec);
        Set<TableName> leaves = new LinkedHashSet<>();
        shapes.values().forEach(shape -> leaves.addAll(shape.leaves()));
        leaves.removeAll(shapes.keySet());
        shapes.putAll(read(connection, leaves));
        return shapes;
    }

    /** The shapes of those of {@code names} that exist. */
    public Map<TableName, TableShape> read(Connection connection, Collection<TableName> names) throws SQLException {
        Map<TableName, TableShape> shapes = new TreeMap<>();
        for (TableName name : names) {
            read(connection, name).ifPresent(shape -> shapes.put(name, shape));
        }
        return shapes;
    }

    private Optional<TableShape> read(Connection connection, TableName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
            statement.setString(1, name.schema());
            statement.setString(2, name.name());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                long oid = row.getLong("oid");
                boolean partitioned = "p".equals(row.getString("relkind"));
                return Optional.of(new TableShape(
                        name,
                        oid,
                        partitioned,
                        columns(connection, oid),
                        row.getBoolean("has_key") ? texts(row.getArray("key")) : List.of(),
                        row.getBoolean("deferrable"),
                        identity(row.getString("relreplident")),
                        texts(row.getArray("identity")),
                        partitioned ? leaves(connection, oid) : List.of(name)));
            }
        }
    }

    private static List<ColumnShape> columns(Connection connection, long oid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setLong(1, oid);
            List<ColumnShape> columns = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    columns.add(new ColumnShape(
                            row.getString("attname"),
                            ColumnType.ofCatalog(row.getString("typname")),
                            new TypeName(row.getString("typschema"), row.getString("typname")),
                            row.getString("type_text"),
                            row.getBoolean("attnotnull"),
                            row.getBoolean("fills_itself")));
                }
            }
            return columns;
        }
    }

    private static List<TableName> leaves(Connection connection, long oid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LEAVES)) {
            statement.setLong(1, oid);
            List<TableName> leaves = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    leaves.add(new TableName(row.getString(1), row.getString(2)));
                }
            }
            return leaves;
        }
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    private static ReplicaIdentity identity(String code) {
        return switch (code) {
            case "n" -> ReplicaIdentity.NOTHING;
            case "f" -> ReplicaIdentity.FULL;
            case "i" -> ReplicaIdentity.INDEX;
            default -> ReplicaIdentity.DEFAULT;
        };
    }
}
