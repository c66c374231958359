package dev.lockstep.expand;

import dev.lockstep.model.TypeName;
import dev.lockstep.sql.ExpandFacts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads the functions of a schema. */
final class FunctionReader {

    private static final String FUNCTIONS = """
            SELECT p.proname, p.prosrc, rn.nspname AS result_schema, r.typname AS result,
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
                            row.getString("prosrc")));
                }
                return functions;
            }
        }
    }

    private static List<TypeName> arguments(ResultSet row) throws SQLException {
        String[] schemas = (String[]) row.getArray("argument_schemas").getArray();
        String[] names = (String[]) row.getArray("arguments").getArray();
        List<TypeName> arguments = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            arguments.add(new TypeName(schemas[i], names[i]));
        }
        return arguments;
    }
}
