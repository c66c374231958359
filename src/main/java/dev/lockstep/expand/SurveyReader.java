package dev.lockstep.expand;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.catalog.PublicationReader;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.sql.ExpandFacts;
import dev.lockstep.sql.ExpandSql;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.ControlSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what a plan depends on. Stateless; takes no lock that an application could feel. */
final class SurveyReader {

    private static final String SERVER =
            "SELECT current_setting('server_version_num')::int / 10000, current_database(), current_user";

    private static final String SLOT = """
            SELECT slot_type = 'logical' AND plugin = 'pgoutput' AND database = current_database() AND NOT temporary, active
              FROM pg_replication_slots WHERE slot_name = ?
            """;

    private final String name;
    private final MappingSpec spec;

    SurveyReader(String name, MappingSpec spec) {
        this.name = name;
        this.spec = spec;
    }

    Survey read(Connection connection) throws SQLException {
        Map<TableName, TableShape> shapes = new CatalogReader().readWithLeaves(connection, spec);
        Mapping mapping = MappingResolver.resolve(spec, shapes);
        return new Survey(mapping, shapes, facts(connection, mapping, shapes));
    }

    private ExpandFacts facts(Connection connection, Mapping mapping, Map<TableName, TableShape> shapes)
            throws SQLException {
        Map<TableName, TableName> parents = RelationReader.parents(connection, partitioned(mapping, shapes));
        Set<TableName> tables = new LinkedHashSet<>(shapes.keySet());
        tables.addAll(parents.values());
        List<ExpandFacts.Index> indexes = RelationReader.indexes(connection, tables);
        boolean installed = ControlSchema.installedVersion(connection, name).isPresent();
        try (Statement statement = connection.createStatement();
                ResultSet server = statement.executeQuery(SERVER)) {
            server.next();
            return new ExpandFacts(
                    server.getInt(1),
                    server.getString(2),
                    server.getString(3),
                    installed && installedIsCurrent(connection),
                    indexes,
                    RelationReader.foreignKeys(connection, tables),
                    parents,
                    new PublicationReader().read(connection, name),
                    slot(connection),
                    installed && positioned(connection),
                    installed ? scanned(connection) : Set.of(),
                    FunctionReader.functions(connection, name),
                    FunctionReader.iterativeScan(connection, mapping),
                    sharedPersonas(connection, mapping.agents(), shapes, indexes));
        }
    }

    private boolean installedIsCurrent(Connection connection) throws SQLException {
        return ControlSchema.installedVersion(connection, name).orElse(0) == ControlSchema.VERSION;
    }

    private static List<TableName> partitioned(Mapping mapping, Map<TableName, TableShape> shapes) {
        return mapping.tables().stream()
                .map(Mapping.Scoped::table)
                .filter(table -> shapes.containsKey(table) && shapes.get(table).partitioned())
                .toList();
    }

    private Optional<ExpandFacts.Slot> slot(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SLOT)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new ExpandFacts.Slot(row.getBoolean(1), row.getBoolean(2)))
                        : Optional.empty();
            }
        }
    }

    private boolean positioned(Connection connection) throws SQLException {
        return number(connection, "SELECT count(*) FROM " + Sql.quote(name) + ".position") > 0;
    }

    private Set<TableName> scanned(Connection connection) throws SQLException {
        Set<TableName> scanned = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT table_schema, table_name FROM " + Sql.quote(name) + ".scan WHERE gap_id = 0")) {
            while (row.next()) {
                scanned.add(new TableName(row.getString(1), row.getString(2)));
            }
        }
        return scanned;
    }

    /** Reads the table only where nothing keeps its personas unique yet. */
    private static long sharedPersonas(
            Connection connection,
            Mapping.Agents agents,
            Map<TableName, TableShape> shapes,
            List<ExpandFacts.Index> indexes)
            throws SQLException {
        TableShape shape = shapes.get(agents.table());
        String persona = agents.persona().name();
        boolean unique = indexes.stream().anyMatch(i -> i.table().equals(agents.table()) && i.makesUnique(persona));
        if (shape == null || shape.column(persona).isEmpty() || unique) {
            return 0;
        }
        return number(connection, "SELECT count(*) FROM (" + ExpandSql.sharedPersonasSql(agents) + ") shared");
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
