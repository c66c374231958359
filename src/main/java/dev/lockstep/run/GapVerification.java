package dev.lockstep.run;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Brake;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Gaps;
import dev.lockstep.throttle.Throttle;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies every row after the scan of a gap, as {@code lockstep verify} does, with one worker, until it is clean; that
 * settles the gap. Repairs nothing: what a scan left out of step is for the operator to see. One thread runs it, any may
 * tell it.
 */
final class GapVerification {

    private static final Logger log = LoggerFactory.getLogger(GapVerification.class);

    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration BROKEN_OFF = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(5);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(6);

    private final String name;
    private final Database database;
    private final Brake before;
    private final Supplier<Verifier> verifier;
    private final StopSignal stop;
    private final Semaphore told = new Semaphore(0);

    GapVerification(LockstepConfig config, Database database, Mapping mapping, StoreClients clients, StopSignal stop) {
        this.name = config.name();
        this.database = database;
        String role = Takeover.ROLE + "throttle";
        Duration heartbeat = config.run().heartbeat();
        this.before = new Throttle(database, name, role, "the verification", heartbeat, stop);
        this.verifier = () -> new Verifier(
                database,
                name,
                mapping,
                1,
                clients,
                config.stores(),
                Throttle.ofVerification(database, name, role, heartbeat, stop),
                stop);
        this.stop = stop;
    }

    /** Every scan is done; one of a gap may be among them. */
    void scanned() {
        told.release();
    }

    void run() throws InterruptedException {
        while (!stop.pause(STEP)) {
            if (told.drainPermits() > 0) {
                untilClean();
            }
        }
    }

    private void untilClean() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (!stop.requested()) {
            try {
                if (!unverified() || clean()) {
                    return;
                }
                if (waited(pause)) {
                    return;
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            } catch (SQLException | LockstepException e) {
                log.warn("the verification after a gap was broken off ({}); trying again", e.getMessage());
                stop.pause(BROKEN_OFF);
            }
        }
    }

    /** A scan that ends meanwhile, so of another gap, ends the wait; so does the end of the tenure. */
    private boolean waited(Duration pause) throws InterruptedException {
        long until = System.nanoTime() + pause.toNanos();
        while (System.nanoTime() < until && told.availablePermits() == 0) {
            if (stop.pause(STEP)) {
                return true;
            }
        }
        return false;
    }

    private boolean unverified() throws SQLException {
        try (Connection connection = database.open(Takeover.ROLE + "gaps")) {
            return Handles.ask(connection, new Gaps(name)::counts).unverified() > 0;
        }
    }

    private boolean clean() throws InterruptedException {
        before.step(Duration.ZERO); // while it is stopped there is no snapshot to be kept
        log.info("verifying every row after a gap");
        VerifyReport report = verifier.get().run(Verifier.Repair.NONE);
        if (report.clean()) {
            log.info("every row is in step as of {}: the gap is settled", report.asOf());
        } else {
            log.error("rows are out of step after a gap and its scan; run `lockstep verify`, it names them");
        }
        return report.clean();
    }
}
