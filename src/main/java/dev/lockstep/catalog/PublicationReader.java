package dev.lockstep.catalog;

import dev.lockstep.model.Publication;
import dev.lockstep.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a publication really publishes. Stateless; each call uses only the connection it is given. */
public final class PublicationReader {

    /** The first version with column lists, row filters and whole schemas. */
    private static final int LISTS = 150_000;

    private static final String PUBLICATION = """
            SELECT puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot
              FROM pg_publication WHERE pubname = ?
            """;

    private static final String TABLES = """
            SELECT n.nspname, c.relname, r.prqual IS NOT NULL AS filtered,
                   CASE WHEN r.prattrs IS NOT NULL THEN
                     ARRAY(SELECT a.attname::text FROM unnest(r.prattrs::int2[]) k(attnum)
                             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) END AS columns
              FROM pg_publication p
              JOIN pg_publication_rel r ON r.prpubid = p.oid
              JOIN pg_class c ON c.oid = r.prrelid
              JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE p.pubname = ?
            """;

    private static final String TABLES_14 = """
            SELECT n.nspname, c.relname, false AS filtered, NULL::text[] AS columns
              FROM pg_publication p
              JOIN pg_publication_rel r ON r.prpubid = p.oid
              JOIN pg_class c ON c.oid = r.prrelid
              JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE p.pubname = ?
            """;

    private static final String VERSION = """
            SELECT 'p' || p.oid || '/' || p.xmin FROM pg_publication p WHERE p.pubname = ?
            UNION ALL
            SELECT 'r' || r.oid || '/' || r.xmin FROM pg_publication_rel r
              JOIN pg_publication p ON p.oid = r.prpubid WHERE p.pubname = ?
            """;

    private static final String SCHEMA_VERSIONS = """
            UNION ALL
            SELECT 's' || s.oid || '/' || s.xmin FROM pg_publication_namespace s
              JOIN pg_publication p ON p.oid = s.pnpubid WHERE p.pubname = ?
            """;

    private static final String SCHEMAS = """
            SELECT n.nspname FROM pg_publication p
              JOIN pg_publication_namespace s ON s.pnpubid = p.oid
              JOIN pg_namespace n ON n.oid = s.pnnspid
             WHERE p.pubname = ?
            """;

    /** The publication called {@code name} in the connection's database; empty when there is none. */
    public Optional<Publication> read(Connection connection, String name) throws SQLException {
        boolean lists = versionOf(connection) >= LISTS;
        try (PreparedStatement statement = connection.prepareStatement(PUBLICATION)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                Map<TableName, Optional<Set<String>>> tables = new HashMap<>();
                Set<TableName> filtered = new HashSet<>();
                tables(connection, lists ? TABLES : TABLES_14, name, tables, filtered);
                return Optional.of(new Publication(
                        name,
                        row.getBoolean("puballtables"),
                        lists ? schemas(connection, name) : Set.of(),
                        operations(row),
                        row.getBoolean("pubviaroot"),
                        tables,
                        filtered));
            }
        }
    }

    /**
     * The versions of everything the publication is made of. Another one means that it was altered in between, even if it
     * reads the same now. Empty when there is no publication.
     */
    public String version(Connection connection, String name) throws SQLException {
        boolean schemas = versionOf(connection) >= LISTS;
        try (PreparedStatement statement = connection.prepareStatement(schemas ? VERSION + SCHEMA_VERSIONS : VERSION)) {
            statement.setString(1, name);
            statement.setString(2, name);
            if (schemas) {
                statement.setString(3, name);
            }
            try (ResultSet row = statement.executeQuery()) {
                List<String> parts = new ArrayList<>();
                while (row.next()) {
                    parts.add(row.getString(1));
                }
                Collections.sort(parts);
                return String.join(" ", parts);
            }
        }
    }

    private static int versionOf(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("SELECT current_setting('server_version_num')::int");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    private static Set<String> operations(ResultSet row) throws SQLException {
        Set<String> operations = new HashSet<>();
        for (String operation : Publication.ALL_OPERATIONS) {
            if (row.getBoolean("pub" + operation)) {
                operations.add(operation);
            }
        }
        return operations;
    }

    private static void tables(
            Connection connection,
            String sql,
            String name,
            Map<TableName, Optional<Set<String>>> tables,
            Set<TableName> filtered)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableName table = new TableName(row.getString("nspname"), row.getString("relname"));
                    tables.put(table, columns(row.getArray("columns")));
                    if (row.getBoolean("filtered")) {
                        filtered.add(table);
                    }
                }
            }
        }
    }

    private static Optional<Set<String>> columns(@Nullable Array names) throws SQLException {
        return names == null ? Optional.empty() : Optional.of(Set.of((String[]) names.getArray()));
    }

    private static Set<String> schemas(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SCHEMAS)) {
            statement.setString(1, name);
            Set<String> schemas = new HashSet<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    schemas.add(row.getString(1));
                }
            }
            return schemas;
        }
    }
}
