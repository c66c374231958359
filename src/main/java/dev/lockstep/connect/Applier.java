package dev.lockstep.connect;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.Fence;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.sync.ChangeLog;
import dev.lockstep.sync.LaneSessions;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import dev.lockstep.vector.StoreClients;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * The synchronizer of one task. Its one session commits to the disk, so what {@link #apply} has done is durable; nothing
 * is stored of how far it is, for that is what Connect's offsets are for. The first task's has the keepers of stores beside
 * it. Not thread-safe.
 */
final class Applier implements AutoCloseable {

    private final Synchronizer synchronizer;
    private final TopicDecoder decoder;
    private final @Nullable SinkKeepers keepers;

    private Applier(Synchronizer synchronizer, TopicDecoder decoder, @Nullable SinkKeepers keepers) {
        this.synchronizer = synchronizer;
        this.decoder = decoder;
        this.keepers = keepers;
    }

    /**
     * Reads mapping and epoch, and ends what an earlier owner of the task's seat left on the server.
     *
     * @throws LockstepException when the server is away, or has not been expanded
     */
    static Applier open(SinkSettings settings, StoreClients clients, StopSignal stop) throws SQLException {
        Driver.isRegistered(); // in a plugin's class loader nobody else has loaded it
        LockstepConfig config = settings.lockstep();
        Database database = new Database(config.database(), config.name());
        String role = SinkKeepers.ROLE + settings.task();
        int seat = Fence.CONNECT_SEAT + settings.task();
        Mapping mapping;
        long epoch;
        long settled;
        try (Connection connection = database.open("connect")) {
            ControlSchema.require(connection, config.name());
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            epoch = new Fence(config.name()).read(connection).epoch();
            settled = ServerEnd.snapshot(connection).xmin() - 1;
            endSessions(connection, "application_name = ?", config.name() + "/" + role);
            if (settings.task() == 0 && !mapping.stores().isEmpty()) {
                endSessions(
                        connection,
                        "starts_with(application_name, ?)",
                        config.name() + "/" + SinkKeepers.ROLE + "store-");
            }
        }
        LaneSessions lanes = new LaneSessions(lane -> WriteSession.open(database, config.name(), role, seat, epoch), 1);
        Synchronizer synchronizer = new Synchronizer(
                config.name(),
                mapping,
                lanes,
                new AgentCache(),
                Lsn.ZERO,
                (connection, lsn, commitTime, rows) -> {},
                Synchronizer.Hints.IGNORED, // a change of an agent may have come to another task
                SyncMeter.NONE,
                ChangeLog.NONE,
                stop);
        SinkKeepers keepers = settings.task() == 0 && !mapping.stores().isEmpty()
                ? new SinkKeepers(config, database, mapping, clients, epoch)
                : null;
        Applier applier = new Applier(
                synchronizer, new TopicDecoder(mapping, config.name(), settings.unwrapPrefix(), settled), keepers);
        if (keepers != null) {
            try (Connection connection = database.open("connect")) {
                keepers.start(connection);
            } catch (SQLException | RuntimeException e) {
                applier.close(); // nobody would stop them
                throw e;
            }
        }
        return applier;
    }

    TopicDecoder decoder() {
        return decoder;
    }

    /** When it returns, every row is in step, set aside, or among {@link #held}. */
    void apply(List<Arrived> arrived) throws InterruptedException {
        if (keepers != null) {
            keepers.requireSound();
        }
        if (!arrived.isEmpty()) {
            synchronizer.apply(new Batch(arrived.stream().map(Arrived::change).toList(), null, List.of()));
        }
        synchronizer.tick();
    }

    /** Other tasks may have had the rows of a partition that comes. */
    void reassigned() {
        synchronizer.reassigned();
    }

    Map<TableName, List<RowKey>> held() {
        return synchronizer.held();
    }

    @Override
    public void close() {
        if (keepers != null) {
            keepers.close();
        }
        synchronizer.close();
    }

    /** A worker that is cut off keeps the seat's origin, and without an origin of its own the task would not write. */
    private static void endSessions(Connection connection, String which, String application) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND " + which)) {
            statement.setString(1, application);
            statement.execute();
        }
    }
}
