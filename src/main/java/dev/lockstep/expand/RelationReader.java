package dev.lockstep.expand;

import dev.lockstep.model.TableName;
import dev.lockstep.sql.ExpandFacts;
import dev.lockstep.sql.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads indexes, foreign keys and partition trees. */
final class RelationReader {

    private static final String INDEXES = """
            SELECT n.nspname, c.relname, i.relname AS index_name, x.indisunique,
                   am.amname = 'btree' AND x.indpred IS NULL AND x.indimmediate AND x.indnatts = x.indnkeyatts AS plain,
                   x.indisvalid AND x.indisready AND x.indislive AS valid,
                   EXISTS (SELECT FROM pg_stat_progress_create_index b WHERE b.index_relid = x.indexrelid) AS building,
                   p.relname AS parent,
                   ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(attnum, ord)
                           LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum > 0
                          WHERE k.ord <= x.indnkeyatts ORDER BY k.ord) AS keys
              FROM pg_index x
              JOIN pg_class i ON i.oid = x.indexrelid
              JOIN pg_am am ON am.oid = i.relam
              JOIN pg_class c ON c.oid = x.indrelid
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN unnest(?::text[], ?::text[]) t(schema, name) ON t.schema = n.nspname AND t.name = c.relname
              LEFT JOIN pg_inherits h ON h.inhrelid = x.indexrelid
              LEFT JOIN pg_class p ON p.oid = h.inhparent
             ORDER BY 1, 2, 3
            """;

    private static final String FOREIGN_KEYS = """
            SELECT n.nspname, c.relname, k.conname, fn.nspname AS target_schema, f.relname AS target, k.convalidated,
                   ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(attnum, ord)
                           JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.ord) AS keys,
                   ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(attnum, ord)
                           JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.ord) AS target_keys
              FROM pg_constraint k
              JOIN pg_class c ON c.oid = k.conrelid
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN unnest(?::text[], ?::text[]) t(schema, name) ON t.schema = n.nspname AND t.name = c.relname
              JOIN pg_class f ON f.oid = k.confrelid
              JOIN pg_namespace fn ON fn.oid = f.relnamespace
             WHERE k.contype = 'f'
             ORDER BY 1, 2, 3
            """;

    private static final String PARENTS = """
            SELECT cn.nspname, c.relname, pn.nspname AS parent_schema, p.relname AS parent
              FROM pg_partition_tree(?::regclass) t
              JOIN pg_class c ON c.oid = t.relid
              JOIN pg_namespace cn ON cn.oid = c.relnamespace
              JOIN pg_class p ON p.oid = t.parentrelid
              JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE t.level > 0 AND c.relkind IN ('r', 'p')
            """;

    private RelationReader() {}

    static List<ExpandFacts.Index> indexes(Connection connection, Collection<TableName> tables) throws SQLException {
        try (PreparedStatement statement = of(connection, INDEXES, tables);
                ResultSet row = statement.executeQuery()) {
            List<ExpandFacts.Index> indexes = new ArrayList<>();
            while (row.next()) {
                indexes.add(new ExpandFacts.Index(
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        row.getString("index_name"),
                        texts(row, "keys"),
                        row.getBoolean("indisunique"),
                        row.getBoolean("plain"),
                        row.getBoolean("valid"),
                        row.getBoolean("building"),
                        Optional.ofNullable(row.getString("parent"))));
            }
            return indexes;
        }
    }

    static List<ExpandFacts.ForeignKey> foreignKeys(Connection connection, Collection<TableName> tables)
            throws SQLException {
        try (PreparedStatement statement = of(connection, FOREIGN_KEYS, tables);
                ResultSet row = statement.executeQuery()) {
            List<ExpandFacts.ForeignKey> keys = new ArrayList<>();
            while (row.next()) {
                keys.add(new ExpandFacts.ForeignKey(
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        row.getString("conname"),
                        texts(row, "keys"),
                        new TableName(row.getString("target_schema"), row.getString("target")),
                        texts(row, "target_keys"),
                        row.getBoolean("convalidated")));
            }
            return keys;
        }
    }

    static Map<TableName, TableName> parents(Connection connection, Collection<TableName> roots) throws SQLException {
        Map<TableName, TableName> parents = new TreeMap<>();
        for (TableName root : roots) {
            try (PreparedStatement statement = connection.prepareStatement(PARENTS)) {
                statement.setString(1, Sql.quote(root));
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        parents.put(
                                new TableName(row.getString(1), row.getString(2)),
                                new TableName(row.getString(3), row.getString(4)));
                    }
                }
            }
        }
        return parents;
    }

    private static PreparedStatement of(Connection connection, String sql, Collection<TableName> tables)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setArray(1, texts(connection, tables.stream().map(TableName::schema)));
        statement.setArray(2, texts(connection, tables.stream().map(TableName::name)));
        return statement;
    }

    private static Array texts(Connection connection, Stream<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }
}
