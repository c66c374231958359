package dev.lockstep.run;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.Superseded;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews the lease, and asks by the same session whether the operator wants a pause. */
final class LeaseClock {

    private static final Logger log = LoggerFactory.getLogger(LeaseClock.class);
    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(2);
    private static final Duration ASK_EVERY = Duration.ofSeconds(1);
    private static final Duration TELL_EVERY = Duration.ofSeconds(30);

    private final Database database;
    private final LeaseKeeper lease;
    private final Control control;
    private final PauseGate gate;
    private final StopSignal stop;
    private boolean told;
    private long toldAt = System.nanoTime() - TELL_EVERY.toNanos();

    LeaseClock(Database database, String name, LeaseKeeper lease, PauseGate gate, StopSignal stop) {
        this.database = database;
        this.lease = lease;
        this.control = new Control(name);
        this.gate = gate;
        this.stop = stop;
    }

    void run() throws InterruptedException {
        long renewed = System.nanoTime();
        long asked = renewed - ASK_EVERY.toNanos();
        do {
            long now = System.nanoTime();
            if (now - renewed >= RENEW_EVERY.toNanos()) {
                renewed = renew() ? now : renewed;
            }
            if (now - asked >= ASK_EVERY.toNanos()) {
                asked = now;
                askForPause();
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
}
