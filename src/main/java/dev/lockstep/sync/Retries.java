package dev.lockstep.sync;

import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does again what failed for a reason that passes, with growing pauses, until the stop signal. One thread at a time. */
final class Retries {

    private static final Logger log = LoggerFactory.getLogger(Retries.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final long LONGEST_SECONDS = 5;

    private final LaneSessions lanes;
    private final StopSignal stop;

    /** @param lanes connected anew after a failure */
    Retries(LaneSessions lanes, StopSignal stop) {
        this.lanes = lanes;
        this.stop = stop;
    }

    /** May be done again from its beginning. */
    interface Step {
        void run() throws SQLException, InterruptedException;
    }

    /**
     * Runs a step until it succeeds.
     *
     * @throws LostWork when more than this step has to be done again
     * @throws LockstepException when its failure is not known to pass
     * @throws InterruptedException when stopped
     */
    void run(String what, Step step) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            SQLException failure;
            try {
                step.run();
                return;
            } catch (LostWork e) {
                throw e;
            } catch (SQLException e) {
                ErrorPolicy policy = ErrorPolicy.of(e);
                if (policy == ErrorPolicy.STOP || policy == ErrorPolicy.SET_ASIDE) {
                    throw new Refused(what, e);
                }
                log.warn("{}: {}; trying again in {} ms", what, ErrorPolicy.describe(e), pause.toMillis());
                failure = e;
            } catch (LockstepException e) {
                if (!ErrorPolicy.passes(e) || !(e.getCause() instanceof SQLException cause)) {
                    throw e;
                }
                log.warn("{}: {}; trying again in {} ms", what, e.getMessage(), pause.toMillis());
                failure = cause;
            }
            lanes.reset();
            if (lanes.mayHaveLost()) {
                throw new LostWork(what, failure);
            }
            pause(pause);
            pause = pause.toSeconds() >= LONGEST_SECONDS ? pause : pause.multipliedBy(2);
        }
    }

    /** @throws InterruptedException when stopped */
    void pause(Duration time) throws InterruptedException {
        if (stop.pause(time)) {
            throw new InterruptedException("stopped");
        }
    }
}
