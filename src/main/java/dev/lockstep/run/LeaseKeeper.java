package dev.lockstep.run;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Lease;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the lease and keeps it. One thread at a time. */
final class LeaseKeeper implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    /** A frozen holder is replaced after this; a killed one at once. Some three seconds more, and the stream is open. */
    static final Duration TIME = Duration.ofSeconds(5);

    /** So many questions of a standby, two a second, go over one session. */
    private static final int RECONNECT_EVERY = 10;

    private final Database database;
    private final Lease lease;
    private final String holder;
    private @Nullable Connection connection;
    private long epoch;

    LeaseKeeper(Database database, String name, String holder) {
        this.database = database;
        this.lease = new Lease(name);
        this.holder = holder;
    }

    /** Whether there is nothing left to wait for. */
    @FunctionalInterface
    interface Needless {
        boolean ask(Connection connection) throws SQLException;
    }

    /** Waits until it is ours; false when {@code needless} says so before. */
    boolean acquire(StopSignal stop, Needless needless) throws SQLException, InterruptedException {
        boolean told = false;
        int asked = 0;
        while (true) {
            Optional<Long> taken = asking(handle -> lease.tryAcquire(handle, holder, TIME));
            if (taken.isPresent()) {
                epoch = taken.get();
                return true;
            }
            if (!told) {
                log.info(
                        "standby: {} runs; taking over when it stops",
                        asking(lease::read).holder());
                told = true;
            }
            if (needless.ask(connection())) {
                return false;
            }
            if (++asked % RECONNECT_EVERY == 0) {
                reconnect(); // a server that wants to stop shows it to new sessions alone
            }
            if (stop.pause(Duration.ofMillis(500))) {
                throw new InterruptedException("stopped");
            }
        }
    }

    long epoch() {
        return epoch;
    }

    /** The epoch of whoever has it now. */
    long current() throws SQLException {
        return asking(lease::read).epoch();
    }

    /** Renews; false when somebody else has it now. */
    boolean renew() throws SQLException {
        return asking(handle -> lease.renew(handle, epoch, TIME));
    }

    /** A connection that broke is opened anew the next time. */
    private <T> T asking(Handles.Question<T> question) throws SQLException {
        try {
            return Handles.ask(connection(), question);
        } catch (SQLException e) {
            closeConnection();
            throw e;
        } catch (LockstepException e) {
            throw asDriverError(e);
        }
    }

    /** The new session is there before the old one goes: a standby is counted by its session. */
    private void reconnect() throws SQLException {
        Connection old = connection;
        try {
            connection = database.open("lease");
        } catch (LockstepException e) {
            closeConnection();
            throw asDriverError(e);
        }
        close(old);
    }

    /** The connection the lease hangs on, in auto-commit mode. */
    Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null || open.isClosed()) {
            open = database.open("lease");
            connection = open;
        }
        return open;
    }

    /** Gives the lease back and disconnects. */
    @Override
    public void close() {
        try {
            if (epoch > 0 && connection != null) {
                Handles.tell(connection(), handle -> lease.release(handle, epoch));
            }
        } catch (SQLException | LockstepException e) {
            log.debug("the lease was not given back; it runs out", e);
        }
        closeConnection();
    }

    private static SQLException asDriverError(LockstepException e) {
        return new SQLException(
                e.getMessage(), e.getCause() instanceof SQLException sql ? sql.getSQLState() : "08000", e);
    }

    private void closeConnection() {
        close(connection);
        connection = null;
    }

    private static void close(@Nullable Connection open) {
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                log.debug("closing a broken connection", e);
            }
        }
    }
}
