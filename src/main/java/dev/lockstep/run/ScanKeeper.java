package dev.lockstep.run;

import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does the scans that are planned, and what comes after them; {@link #run} belongs to one thread, the rest is thread-safe. */
final class ScanKeeper {

    private static final Logger log = LoggerFactory.getLogger(ScanKeeper.class);
    private static final Duration TICK = Duration.ofMillis(100);

    /** With nothing left to scan: to wake up is most of what an idle process does. */
    private static final Duration IDLE = Duration.ofMillis(500);

    private final ScanRunner runner;
    private final PostBackfill postBackfill;
    private final BackfillLog backfill;
    private final BooleanSupplier streaming;
    private final Runnable whenScanned;
    private final StopSignal stop;
    private final AtomicBoolean scanned = new AtomicBoolean();
    private final AtomicBoolean scanAgain = new AtomicBoolean();

    /**
     * @param streaming whether the slot is there: what comes after a scan's bound is then in the stream
     * @param whenScanned told each time that every table is
     */
    ScanKeeper(
            ScanRunner runner,
            PostBackfill postBackfill,
            BackfillLog backfill,
            BooleanSupplier streaming,
            Runnable whenScanned,
            StopSignal stop) {
        this.runner = runner;
        this.postBackfill = postBackfill;
        this.backfill = backfill;
        this.streaming = streaming;
        this.whenScanned = whenScanned;
        this.stop = stop;
    }

    /** Whether every table is scanned. */
    boolean scanned() {
        return scanned.get();
    }

    /** New scans are planned. */
    void scanAgain() {
        scanAgain.set(true);
        scanned.set(false);
    }

    void run() throws InterruptedException {
        while (!stop.requested()) {
            scanAgain.set(false);
            if (streaming.getAsBoolean()) {
                backfill.begins();
                do {
                    runner.run();
                    finishBackfill();
                } while (!stop.requested() && runner.left()); // vectors come last, after the indexes they are tied by
                scanned.set(!scanAgain.get());
                if (scanned.get()) {
                    backfill.ends();
                    whenScanned.run();
                    log.info("every table is scanned, and the indexes are built; the stream alone goes on");
                }
            }
            while (!stop.pause(scanned.get() ? IDLE : TICK) && scanned.get() && !scanAgain.get()) {
                // nothing to scan
            }
        }
    }

    private void finishBackfill() throws InterruptedException {
        while (!stop.requested()) {
            try {
                postBackfill.finish();
                return;
            } catch (LockstepException e) {
                if (!stop.requested()) {
                    log.warn("indexes and foreign keys: {}", e.getMessage());
                }
            }
            stop.pause(Duration.ofSeconds(10));
        }
    }
}
