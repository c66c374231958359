package dev.lockstep.verify;

import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.Lease;
import dev.lockstep.state.Positions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits until a running sidecar has applied everything up to an LSN. */
public final class StreamWait {

    /** Without progress for so long, the stream is taken to stand still. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration STEP = Duration.ofMillis(20);

    private static final Duration TELL_EVERY = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(StreamWait.class);

    private final String name;
    private final Positions positions;
    private final StopSignal stop;

    /** @param name the configured name */
    public StreamWait(String name, StopSignal stop) {
        this.name = name;
        this.positions = new Positions(name);
        this.stop = stop;
    }

    /** Whether a sidecar runs. */
    public boolean live(Connection connection) throws SQLException {
        return Handles.ask(connection, new Lease(name)::read).live();
    }

    /**
     * Returns when the stored position is at or past {@code lsn}.
     *
     * @throws LockstepException when the position does not move any more
     */
    public void passed(Connection connection, Lsn lsn) throws SQLException, InterruptedException {
        Lsn last = position(connection);
        if (!last.isAtLeast(lsn) && paused(connection)) {
            throw LockstepException.notDone(
                    "it is paused, so rows under way cannot be told from drift; `lockstep throttle --resume`, then verify again",
                    null);
        }
        long movedAt = System.nanoTime();
        long beatAt = 0;
        long toldAt = System.nanoTime();
        while (!last.isAtLeast(lsn)) {
            if (System.nanoTime() - beatAt > Duration.ofSeconds(1).toNanos()) {
                Heartbeat.send(connection, name); // on a quiet server nothing else moves the position
                beatAt = System.nanoTime();
            }
            if (System.nanoTime() - toldAt > TELL_EVERY.toNanos()) {
                log.info("waiting for the sidecar: its position is {}, and has to pass {}", last, lsn);
                toldAt = System.nanoTime();
            }
            if (stop.pause(STEP)) {
                throw new InterruptedException("stopped");
            }
            Lsn now = position(connection);
            if (now.isAfter(last)) {
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt > PATIENCE.toNanos()) {
                throw LockstepException.notDone(
                        "the stream stands still at " + now + " and has not reached " + lsn
                                + ", so rows under way cannot be told from drift; see `lockstep status`, then verify again",
                        null);
            }
            last = now;
        }
    }

    private boolean paused(Connection connection) throws SQLException {
        return Handles.ask(connection, handle -> new Control(name).pause(handle).active());
    }

    private Lsn position(Connection connection) throws SQLException {
        return Handles.ask(connection, positions::read)
                .map(p -> p.position().lsn())
                .orElse(Lsn.ZERO);
    }
}
