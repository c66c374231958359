package dev.lockstep.run;

import dev.lockstep.capture.PositionGuard;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.Superseded;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.savepoint.SavepointKeeper;
import dev.lockstep.sql.PublicationSpec;
import dev.lockstep.state.Control;
import dev.lockstep.state.Heartbeat;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to happen by the clock: the lease is renewed, a heartbeat is sent through the stream, and the publication is
 * looked at.
 */
final class TenureClock {

    private static final Logger log = LoggerFactory.getLogger(TenureClock.class);
    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(2);

    private static final Duration ASK_EVERY = Duration.ofSeconds(1);

    private static final Duration TELL_EVERY = Duration.ofSeconds(30);

    private final Database database;
    private final LockstepConfig config;
    private final Mapping mapping;
    private final LeaseKeeper lease;
    private final PauseGate gate;
    private final StopSignal stop;
    private final Listener listener;
    private final SavepointKeeper savepoints;
    private final WalWatch wal;
    private final Control control;
    private final StreamLine line;
    private boolean told;
    private long toldAt = System.nanoTime() - TELL_EVERY.toNanos();

    /** Is told what the clock sees; must not block. */
    interface Listener {

        /** Changes may be missing from the stream that is open. */
        void streamUnsound(String why);
    }

    TenureClock(
            Database database,
            LockstepConfig config,
            Mapping mapping,
            LeaseKeeper lease,
            PauseGate gate,
            StopSignal stop,
            Listener listener) {
        this.database = database;
        this.config = config;
        this.mapping = mapping;
        this.lease = lease;
        this.gate = gate;
        this.stop = stop;
        this.listener = listener;
        this.wal = new WalWatch(config.name());
        this.control = new Control(config.name());
        this.line = new StreamLine(config.name());
        this.savepoints = new SavepointKeeper(config.name(), config.savepoints());
    }

    void run() throws InterruptedException {
        long renewed = System.nanoTime();
        long asked = renewed - ASK_EVERY.toNanos();
        long beaten = System.nanoTime() - config.run().heartbeat().toNanos();
        do {
            long now = System.nanoTime();
            if (now - renewed >= RENEW_EVERY.toNanos()) {
                renewed = renew() ? now : renewed;
            }
            if (now - asked >= ASK_EVERY.toNanos()) {
                asked = now;
                askForPause();
            }
            if (now - beaten >= config.run().heartbeat().toNanos()) {
                beaten = now;
                lookAround();
            }
        } while (!stop.pause(STEP));
    }

    private void askForPause() {
        try {
            boolean paused = Handles.ask(lease.connection(), control::pause).active();
            gate.closed(paused);
            if (paused != told) {
                log.info(
                        paused ? "paused by the operator: no row is written until it is resumed" : "the pause is over");
                told = paused;
            }
        } catch (SQLException | LockstepException e) {
            log.debug("whether to pause could not be asked; it stays as it is", e);
        }
    }

    private boolean renew() {
        try {
            if (!lease.renew()) {
                // nothing of this tenure commits any more, and where the network lost its connections nothing is
                // answered
                database.abandon(Takeover.ROLE, lease.connection());
                throw new Superseded(lease.epoch(), lease.current());
            }
            return true;
        } catch (SQLException e) {
            if (ServerStopping.STATE.equals(e.getSQLState())) {
                throw new ServerStopping();
            }
            if (System.nanoTime() - toldAt > TELL_EVERY.toNanos()) {
                log.warn("the lease could not be renewed ({}); trying on", e.getSQLState());
                toldAt = System.nanoTime();
            }
            return false;
        }
    }

    private void lookAround() {
        try (Connection connection = database.open(Takeover.ROLE + "clock")) {
            Heartbeat.send(connection, config.name());
            savepoints.tend(connection);
            wal.look(connection);
            PositionGuard guard = new PositionGuard(config.name(), mapping);
            freeWriters(connection, guard.unfit(connection));
            List<String> differences = guard.publication(connection);
            if (!differences.isEmpty()) {
                listener.streamUnsound("the publication was altered: " + String.join("; ", differences));
            } else if (guard.leavesOthersOut(connection)) {
                listener.streamUnsound("somebody else's origin or subscription came up");
            } else if (line.dead(connection)) {
                new Takeover(config.name(), stop).endSessions(connection);
                database.abandon(Takeover.ROLE, connection);
                listener.streamUnsound("the server has not heard of the stream for " + StreamLine.SILENCE.toSeconds()
                        + " s, and answers a new session: the network lost our connections");
            }
        } catch (SQLException e) {
            log.warn("no heartbeat sent (SQLSTATE {}); trying on", e.getSQLState());
        } catch (LockstepException e) {
            if (e.kind() == LockstepException.Kind.WRONG_INPUT) {
                throw e;
            }
            if (e.getCause() instanceof SQLException sql && ServerStopping.STATE.equals(sql.getSQLState())) {
                throw new ServerStopping();
            }
            log.warn("no heartbeat sent: {}", e.getMessage());
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
