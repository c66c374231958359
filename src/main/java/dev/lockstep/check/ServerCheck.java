package dev.lockstep.check;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.check.ServerFacts.Settings;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.vector.StoreClients;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads the facts and holds the checks against them. Writes nothing. */
public final class ServerCheck {

    /** Shorter ones come and go; slot creation waits for them all. */
    private static final Duration OLD = Duration.ofMinutes(1);

    private ServerCheck() {}

    /**
     * What stands in lockstep's way on this server.
     *
     * @param clients of the stores outside the database
     * @param others what was found elsewhere
     * @throws dev.lockstep.model.LockstepException when the server cannot be reached
     */
    public static CheckReport run(Database database, LockstepConfig config, StoreClients clients, List<Finding> others)
            throws SQLException {
        try (Connection connection = database.open("check")) {
            connection.setReadOnly(true);
            ServerFactsReader reader = new ServerFactsReader(connection, OLD);
            Settings settings = reader.settings();
            String server = config.database().address() + " (PostgreSQL " + settings.version() + ")";
            if (settings.versionNum() / 10_000 < ServerChecks.OLDEST) {
                return new CheckReport(server, ServerChecks.version(settings));
            }
            Map<TableName, TableShape> shapes = shapes(connection, config.mapping());
            ServerFacts facts = reader.read(config.name(), mapped(config.mapping()));
            List<Finding> findings = new ArrayList<>(Checks.all(config.name(), config.mapping(), shapes, facts));
            findings.addAll(StoreChecks.all(config.stores(), config.mapping().stores(), clients));
            findings.addAll(others);
            return new CheckReport(server, Checks.sorted(findings));
        }
    }

    private static Map<TableName, TableShape> shapes(Connection connection, MappingSpec spec) throws SQLException {
        CatalogReader reader = new CatalogReader();
        Map<TableName, TableShape> shapes = new TreeMap<>(reader.read(connection, spec));
        List<TableName> partitions = shapes.values().stream()
                .filter(TableShape::partitioned)
                .flatMap(shape -> shape.leaves().stream())
                .toList();
        shapes.putAll(reader.read(connection, partitions));
        return shapes;
    }

    private static Set<TableName> mapped(MappingSpec spec) {
        Set<TableName> tables = new TreeSet<>(spec.derived());
        tables.add(spec.agents().table());
        if (spec.personas() != null) {
            tables.add(spec.personas().table());
        }
        if (spec.memoryRoots() != null) {
            tables.add(spec.memoryRoots().table());
        }
        return tables;
    }
}
