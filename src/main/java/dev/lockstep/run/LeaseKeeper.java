package dev.lockstep.run;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Lease;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the lease and keeps it. One thread at a time. */
final class LeaseKeeper implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    /** A frozen holder is replaced after this; a killed one at once. */
    static final Duration TIME = Duration.ofSeconds(8);

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

    /** Waits until it is ours. */
    void acquire(StopSignal stop) throws SQLException, InterruptedException {
        boolean told = false;
        while (true) {
            Optional<Long> taken = asking(handle -> lease.tryAcquire(handle, holder, TIME));
            if (taken.isPresent()) {
                epoch = taken.get();
                return;
            }
            if (!told) {
                log.info(
                        "standby: {} runs; taking over when it stops",
                        asking(lease::read).holder());
                told = true;
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

    private interface Question<T> {
        T ask(Handle handle);
    }

    /** A connection that broke is opened anew the next time. */
    private <T> T asking(Question<T> question) throws SQLException {
        try {
            return question.ask(Jdbi.open(connection()));
        } catch (JdbiException e) {
            closeConnection();
            throw new SQLException("the lease could not be read or written", "08000", e);
        } catch (LockstepException e) {
            throw new SQLException(e.getMessage(), "08000", e);
        }
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
                lease.release(Jdbi.open(connection()), epoch);
            }
        } catch (SQLException | JdbiException | LockstepException e) {
            log.debug("the lease was not given back; it runs out", e);
        }
        closeConnection();
    }

    private void closeConnection() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                log.debug("closing a broken connection", e);
            }
        }
    }
}
