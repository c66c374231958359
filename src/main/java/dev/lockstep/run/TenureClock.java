package dev.lockstep.run;

import dev.lockstep.capture.PositionGuard;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.database.KeptSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.savepoint.SavepointKeeper;
import dev.lockstep.sql.PublicationSpec;
import dev.lockstep.state.Census;
import dev.lockstep.state.Heartbeat;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to happen with every heartbeat: it is sent through the stream, and publication, WAL, savepoints and the stream's
 * connection are looked at.
 */
final class TenureClock {

    private static final Logger log = LoggerFactory.getLogger(TenureClock.class);

    private final Database database;
    private final KeptSession session;
    private final LockstepConfig config;
    private final Mapping mapping;
    private final StopSignal stop;
    private final Listener listener;
    private final SavepointKeeper savepoints;
    private final WalWatch wal;
    private final LagWatch lag;
    private final StreamLine line;

    /** Is told what the clock sees; must not block. */
    interface Listener {

        /**
         * Changes may be missing from the stream that is open.
         *
         * @param dead whether its connections lead nowhere
         */
        void streamUnsound(String why, boolean dead);
    }

    TenureClock(
            Database database,
            LockstepConfig config,
            Mapping mapping,
            StopSignal stop,
            Consumer<Boolean> walShort,
            Listener listener) {
        this.database = database;
        this.session = new KeptSession(database, Takeover.ROLE + "clock");
        this.config = config;
        this.mapping = mapping;
        this.stop = stop;
        this.listener = listener;
        this.wal = new WalWatch(config.name(), walShort);
        this.lag = new LagWatch(
                config.name(), config.cutover().maxLag(), config.run().heartbeat());
        this.line = new StreamLine(config.name());
        this.savepoints = new SavepointKeeper(config.name(), config.savepoints());
    }

    void run() throws InterruptedException {
        try (session) {
            do {
                lookAround();
            } while (!stop.pause(config.run().heartbeat()));
        }
    }

    /** A server that wants to stop shows it to new sessions alone. */
    private void beat() throws SQLException {
        try (Connection connection = database.open(Takeover.ROLE + "beat")) {
            Heartbeat.send(connection, config.name());
        }
    }

    private void lookAround() {
        String failed = "no heartbeat sent";
        try {
            beat();
            failed = "the server could not be looked at";
            Connection connection = session.connection();
            wal.look(connection);
            PositionGuard guard = new PositionGuard(config.name(), mapping);
            Map<TableName, TableShape> shapes = guard.shapes(connection);
            freeWriters(connection, guard.unfit(connection, shapes));
            List<String> differences = guard.publication(connection, shapes);
            if (!differences.isEmpty()) {
                listener.streamUnsound("the publication was altered: " + String.join("; ", differences), false);
            } else if (guard.leavesOthersOut(connection)) {
                listener.streamUnsound("somebody else's origin or subscription came up", false);
            } else if (line.dead(connection)) {
                new Takeover(config.name(), stop).endSessions(connection, Takeover.ROLE);
                database.abandon(Takeover.ROLE, connection);
                listener.streamUnsound(
                        "the server has not heard of the stream for " + StreamLine.SILENCE.toSeconds()
                                + " s, and answers a new session: the network lost our connections",
                        true);
            }
            savepoints.tend(connection); // what follows may fail without harm to what keeps the rows in step
            lag.look(connection);
            Handles.tell(
                    connection,
                    handle -> new Census(config.name())
                            .noteClients(handle, 2.0 * config.run().heartbeat().toMillis() / 1000));
        } catch (SQLException e) {
            session.close();
            log.warn("{} (SQLSTATE {}); trying on", failed, e.getSQLState());
        } catch (LockstepException e) {
            session.close();
            if (e.kind() == LockstepException.Kind.WRONG_INPUT) {
                throw e;
            }
            if (e.getCause() instanceof SQLException sql && ServerStopping.STATE.equals(sql.getSQLState())) {
                throw new ServerStopping();
            }
            log.warn("{}: {}", failed, e.getMessage());
        }
    }

    /** An ALTER made a table unfit to be published: its writers come first, what is lost becomes a gap. */
    private void freeWriters(Connection connection, List<TableName> unfit) throws SQLException {
        for (TableName table : unfit) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(PublicationSpec.dropTableSql(config.name(), table));
            }
            log.error(
                    "{} was altered so that its writers' UPDATE fails while it is published; it was taken out", table);
        }
    }
}
