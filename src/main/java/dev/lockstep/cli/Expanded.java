package dev.lockstep.cli;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.Phase;
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

    /** @throws LockstepException when there is no control schema, the migration is over, or the mapping does not fit */
    static Expanded read(Database database, LockstepConfig config, String role) throws SQLException {
        return read(database, config, role, false);
    }

    /** @param evenOver whether it may be when the migration is over */
    static Expanded read(Database database, LockstepConfig config, String role, boolean evenOver) throws SQLException {
        try (Connection connection = database.open(role)) {
            ControlSchema.require(connection, config.name());
            Fence.Reading fence = new Fence(config.name()).read(connection);
            if (fence.phase() == Phase.CONTRACTED && !evenOver) {
                throw LockstepException.wrongInput(
                        "the migration is over (phase CONTRACTED): nothing is kept in step any"
                                + " more, and there is no way back; `lockstep status` and `lockstep evidence` tell what was done");
            }
            return new Expanded(
                    MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping())),
                    fence.epoch());
        }
    }
}
