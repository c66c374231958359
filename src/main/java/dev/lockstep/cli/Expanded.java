package dev.lockstep.cli;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.Fence;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * What a command that writes beside {@code run} has to know of a database that was expanded.
 *
 * @param mapping held against the catalog
 * @param epoch the one in force; when it changes, the command's transactions are refused
 */
record Expanded(Mapping mapping, long epoch) {

    /** @throws dev.lockstep.model.LockstepException when there is no control schema, or the mapping does not fit */
    static Expanded read(Database database, LockstepConfig config, String role) throws SQLException {
        try (Connection connection = database.open(role)) {
            ControlSchema.require(connection, config.name());
            return new Expanded(
                    MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping())),
                    new Fence(config.name()).read(connection).epoch());
        }
    }
}
