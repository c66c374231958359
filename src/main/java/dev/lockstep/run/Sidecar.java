package dev.lockstep.run;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.Contracted;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.derive.Superseded;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.Phase;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.Positions;
import dev.lockstep.state.Scans;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.vector.StoreClients;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code run}: waits for the lease, keeps everything in step while it has it, and waits again when somebody else took
 * over. Ends when stopped, when caught up, or when something fails that must not be gone past.
 */
public final class Sidecar {

    private static final Logger log = LoggerFactory.getLogger(Sidecar.class);

    private final LockstepConfig config;
    private final Database database;
    private final Pulse pulse;
    private final SyncMeter meter;
    private final ScanProgress progress;
    private final StoreClients clients;
    private final StopSignal stop;

    /** With the stores that the configuration names. */
    public Sidecar(
            LockstepConfig config,
            Database database,
            Pulse pulse,
            SyncMeter meter,
            ScanProgress progress,
            StopSignal stop) {
        this(config, database, pulse, meter, progress, new StoreAdapters(), stop);
    }

    /** @param clients of the stores outside the database */
    public Sidecar(
            LockstepConfig config,
            Database database,
            Pulse pulse,
            SyncMeter meter,
            ScanProgress progress,
            StoreClients clients,
            StopSignal stop) {
        this.config = config;
        this.database = database;
        this.pulse = pulse;
        this.meter = meter;
        this.progress = progress;
        this.clients = clients;
        this.stop = stop;
    }

    /**
     * Runs.
     *
     * @param untilCaughtUp whether to end once all that was committed before the call is applied and every scan is done
     * @throws LockstepException when it cannot start, or must not go on
     */
    public void run(boolean untilCaughtUp) throws InterruptedException {
        Mapping mapping;
        Optional<Lsn> target;
        try (Connection connection = database.open("start")) {
            ControlSchema.require(connection, config.name());
            if (over(connection)) {
                log.info("{}", new Contracted().getMessage());
                return;
            }
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            target = untilCaughtUp ? Optional.of(ServerEnd.read(connection).lsn()) : Optional.empty();
        } catch (SQLException e) {
            throw LockstepException.notDone("cannot start (SQLSTATE " + e.getSQLState() + "); start again", e);
        }
        while (!stop.requested()) {
            try (LeaseKeeper lease = new LeaseKeeper(database, config.name(), holder())) {
                if (tenure(mapping, lease, target)) {
                    return;
                }
            } catch (Contracted e) {
                log.info("{}", e.getMessage());
                return;
            } catch (Refused e) {
                throw explained(e);
            } catch (Superseded | ServerStopping e) {
                log.warn("{}", e.getMessage());
            }
            stop.pause(Duration.ofSeconds(1));
        }
    }

    /** A mapping that no longer fits the catalog says it better than the statement that failed. */
    private LockstepException explained(Refused refused) {
        try (Connection connection = database.open("start")) {
            MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            return refused;
        } catch (SQLException e) {
            return refused;
        } catch (LockstepException e) {
            return e.kind() == LockstepException.Kind.WRONG_INPUT
                    ? LockstepException.notDone(
                            e.getMessage() + "; everything stands still and nothing is lost: mend it, then start again",
                            refused)
                    : refused;
        }
    }

    private boolean over(Connection connection) throws SQLException {
        return new Fence(config.name()).read(connection).phase() == Phase.CONTRACTED;
    }

    /** Whether there is nothing more to do. */
    private boolean tenure(Mapping mapping, LeaseKeeper lease, Optional<Lsn> target) throws InterruptedException {
        Takeover takeover = new Takeover(config.name(), stop);
        try {
            if (!lease.acquire(stop, connection -> target.isPresent() && reached(connection, target.get()))) {
                log.info("{} has caught up, by the process that holds the lease", config.name());
                return true;
            }
            if (over(lease.connection())) {
                throw new Contracted(); // else it would make the slot again that was dropped
            }
            takeover.complete(lease.connection(), lease.epoch());
        } catch (SQLException e) {
            log.warn("waiting for the server: {}", ErrorPolicy.describe(e));
            return false;
        }
        StopSignal ending = new StopSignal();
        Thread relay = new Thread(() -> relay(ending), "lockstep-stop");
        relay.setDaemon(true);
        relay.start();
        pulse.leading(true);
        pulse.beat();
        log.info("epoch {}: this process keeps {} in step", lease.epoch(), config.name());
        try {
            new Tenure(
                            config,
                            database,
                            mapping,
                            new GapRestorer(config.name(), mapping, expander(new Random())),
                            new PostBackfill(
                                    database,
                                    config.name(),
                                    config.mapping(),
                                    Patience.DEFAULT,
                                    Sleeper.real(),
                                    new Random()),
                            takeover,
                            lease,
                            pulse,
                            meter,
                            progress,
                            clients,
                            ending)
                    .run(target);
            return true;
        } finally {
            pulse.leading(false);
            ending.request();
            relay.interrupt();
        }
    }

    /** Whether whoever runs has applied everything up to the target and scanned every table. */
    private boolean reached(Connection connection, Lsn target) throws SQLException {
        Heartbeat.send(connection, config.name()); // on a quiet server nothing else moves the position
        return Handles.ask(
                connection,
                handle -> new Positions(config.name())
                                .read(handle)
                                .filter(position -> position.position().lsn().isAtLeast(target))
                                .isPresent()
                        && new Scans(config.name()).all(handle).stream().allMatch(s -> s.state() == Scans.State.DONE)
                        && new StoreSweeps(config.name())
                                .settled(
                                        handle,
                                        config.stores().stream()
                                                .map(StoreConfig::name)
                                                .toList(),
                                        0));
    }

    private Expander expander(Random random) {
        return new Expander(database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), random);
    }

    private void relay(StopSignal ending) {
        try {
            stop.await();
            ending.request();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String holder() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "localhost";
        }
        return host + ":" + ProcessHandle.current().pid();
    }
}
