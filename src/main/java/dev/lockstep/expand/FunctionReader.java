package dev.lockstep.expand;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TypeName;
import dev.lockstep.sql.ExpandFacts;
import dev.lockstep.sql.ExpandSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the functions of a schema, and what pgvector can do for them. */
final class FunctionReader {

    private static final String FUNCTIONS = """
            SELECT p.proname, p.prosrc, coalesce(p.proconfig, '{}') AS settings, rn.nspname AS result_schema, r.typname AS result,
                   ARRAY(SELECT an.nspname::text FROM unnest(p.proargtypes) WITH ORDINALITY u(type, ord)
                           JOIN pg_type a ON a.oid = u.type JOIN pg_namespace an ON an.oid = a.typnamespace
                          ORDER BY u.ord) AS argument_schemas,
                   ARRAY(SELECT a.typname::text FROM unnest(p.proargtypes) WITH ORDINALITY u(type, ord)
                           JOIN pg_type a ON a.oid = u.type ORDER BY u.ord) AS arguments
              FROM pg_proc p
              JOIN pg_namespace n ON n.oid = p.pronamespace
              JOIN pg_type r ON r.oid = p.prorettype
              JOIN pg_namespace rn ON rn.oid = r.typnamespace
             WHERE n.nspname = ? AND p.prokind = 'f'
             ORDER BY p.proname, p.oid
            """;

    private FunctionReader() {}

    static List<ExpandFacts.Function> functions(Connection connection, String schema) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FUNCTIONS)) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                List<ExpandFacts.Function> functions = new ArrayList<>();
                while (row.next()) {
                    functions.add(new ExpandFacts.Function(
                            row.getString("proname"),
                            arguments(row),
                            new TypeName(row.getString("result_schema"), row.getString("result")),
                            texts(row, "settings"),
                            row.getString("prosrc")));
                }
                return functions;
            }
        }
    }

    private static List<TypeName> arguments(ResultSet row) throws SQLException {
        List<String> schemas = texts(row, "argument_schemas");
        List<String> names = texts(row, "arguments");
        List<TypeName> arguments = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            arguments.add(new TypeName(schemas.get(i), names.get(i)));
        }
        return arguments;
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    /** Asks the library, not the version of the extension: what the former can do does not wait for the latter. */
    static boolean iterativeScan(Connection connection, Mapping mapping) throws SQLException {
        Optional<String> load = ExpandSql.loadPgvector(mapping);
        if (load.isEmpty()) {
            return false;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(load.get());
            try (ResultSet row =
                    statement.executeQuery("SELECT current_setting('hnsw.iterative_scan', true) IS NOT NULL")) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
