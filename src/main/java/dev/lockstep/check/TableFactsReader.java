package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Kind;
import dev.lockstep.check.ServerFacts.Table;
import dev.lockstep.check.ServerFacts.Trigger;
import dev.lockstep.model.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Reads what is to be known of the mapped relations and their partitions. */
final class TableFactsReader {

    private static final String TABLES = """
            SELECT m.schema_name AS mapped_schema, m.table_name AS mapped_name, n.nspname, c.relname, c.oid, c.relkind,
                   c.relpersistence = 'u' AS unlogged, pg_get_userbyid(c.relowner) AS owner,
                   pg_has_role(c.relowner, 'USAGE') AS owned, row_security_active(c.oid) AS row_security,
                   array_remove(ARRAY[
                     CASE WHEN has_table_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                     CASE WHEN has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                     CASE WHEN has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END], NULL) AS privileges
              FROM unnest(?::text[], ?::text[]) WITH ORDINALITY m(schema_name, table_name, ord)
              JOIN pg_namespace mn ON mn.nspname = m.schema_name
              JOIN pg_class mc ON mc.relnamespace = mn.oid AND mc.relname = m.table_name
               AND mc.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
             CROSS JOIN LATERAL (SELECT mc.oid AS relid UNION SELECT relid FROM pg_partition_tree(mc.oid)) t
              JOIN pg_class c ON c.oid = t.relid
              JOIN pg_namespace n ON n.oid = c.relnamespace
             ORDER BY m.ord, c.oid <> mc.oid, n.nspname, c.relname
            """;

    /** tgtype: 1 row, 16 UPDATE. A partition's copy of its parent's trigger is not a trigger of its own. */
    private static final String TRIGGERS = """
            SELECT t.tgname,
                   ARRAY(SELECT a.attname::text FROM unnest(t.tgattr::int2[]) k(attnum)
                           JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = k.attnum ORDER BY 1) AS columns
              FROM pg_trigger t
             WHERE t.tgrelid = ? AND NOT t.tgisinternal AND t.tgparentid = 0
               AND t.tgenabled IN ('O', 'A') AND t.tgtype & 17 = 17
             ORDER BY t.tgname
            """;

    private TableFactsReader() {}

    static List<Table> read(Connection connection, Collection<TableName> mapped) throws SQLException {
        List<Table> tables = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(TABLES)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", mapped.stream().map(TableName::schema).toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text", mapped.stream().map(TableName::name).toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.add(new Table(
                            new TableName(row.getString("mapped_schema"), row.getString("mapped_name")),
                            new TableName(row.getString("nspname"), row.getString("relname")),
                            kind(row.getString("relkind")),
                            row.getBoolean("unlogged"),
                            row.getString("owner"),
                            row.getBoolean("owned"),
                            row.getBoolean("row_security"),
                            Set.copyOf(ServerFactsReader.texts(row, "privileges")),
                            triggers(connection, row.getLong("oid"))));
                }
            }
        }
        return tables;
    }

    private static List<Trigger> triggers(Connection connection, long oid) throws SQLException {
        List<Trigger> triggers = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(TRIGGERS)) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    triggers.add(new Trigger(row.getString("tgname"), ServerFactsReader.texts(row, "columns")));
                }
            }
        }
        return triggers;
    }

    private static Kind kind(String relkind) {
        return switch (relkind) {
            case "r" -> Kind.TABLE;
            case "p" -> Kind.PARTITIONED;
            case "f" -> Kind.FOREIGN;
            case "v", "m" -> Kind.VIEW;
            default -> Kind.OTHER;
        };
    }
}
