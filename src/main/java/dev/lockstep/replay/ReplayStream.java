package dev.lockstep.replay;

import dev.lockstep.capture.CaptureFailure;
import dev.lockstep.capture.debezium.EngineSource;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams old changes to their end, on a slot of its own. Runs once. */
final class ReplayStream implements OldChanges {

    private static final Logger log = LoggerFactory.getLogger(ReplayStream.class);
    private static final Duration STEP = Duration.ofMillis(50);
    private static final Duration TELL_EVERY = Duration.ofSeconds(5);
    private static final int TRIES = 5;

    private final LockstepConfig config;
    private final Mapping mapping;
    private final String slot;
    private final Lsn from;
    private final Lsn to;
    private final @Nullable Instant toTime;
    private final StopSignal stop;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private volatile Lsn at;
    private Lsn done = Lsn.ZERO;

    /** @param toTime null for no such end */
    ReplayStream(
            LockstepConfig config,
            Mapping mapping,
            String slot,
            Lsn from,
            Lsn to,
            @Nullable Instant toTime,
            StopSignal stop) {
        this.config = config;
        this.mapping = mapping;
        this.slot = slot;
        this.from = from;
        this.to = to;
        this.toTime = toTime;
        this.stop = stop;
        this.at = from;
    }

    @Override
    public void run(Taker taker) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                once(taker);
                return;
            } catch (CaptureFailure e) {
                if (attempt == TRIES) {
                    throw LockstepException.notDone(
                            "the replay was broken off at " + at + ": " + e.getMessage()
                                    + "; the same command goes on from there",
                            e);
                }
                log.warn("the stream broke: {}; opening it again", e.getMessage());
                if (stop.pause(Duration.ofSeconds(1))) {
                    throw new InterruptedException("stopped");
                }
            }
        }
    }

    private void once(Taker taker) throws InterruptedException {
        failure.set(null);
        EngineSource source = new EngineSource(config, mapping, slot, false, () -> false);
        Thread engine = new Thread(
                () -> {
                    try {
                        source.run(at, batch -> take(batch, taker));
                    } catch (InterruptedException e) {
                        failure.compareAndSet(null, new CaptureFailure("interrupted", e));
                    } catch (RuntimeException e) {
                        failure.compareAndSet(null, e);
                    }
                },
                "lockstep-replay");
        engine.setDaemon(true);
        engine.start();
        try {
            long toldAt = System.nanoTime();
            while (engine.isAlive() && !reached.await(STEP.toMillis(), TimeUnit.MILLISECONDS)) {
                if (stop.requested()) {
                    throw new InterruptedException("stopped");
                }
                if (System.nanoTime() - toldAt > TELL_EVERY.toNanos()) {
                    log.info("replayed up to {}, {} % of the way to {}", at, percent(), to);
                    toldAt = System.nanoTime();
                }
            }
        } finally {
            while (engine.isAlive()) {
                source.close();
                engine.join(200);
            }
        }
        RuntimeException cause = failure.get();
        if (cause != null && reached.getCount() > 0) {
            throw cause;
        }
        if (reached.getCount() > 0) {
            throw new CaptureFailure("the stream ended", null);
        }
    }

    private Lsn take(Batch batch, Taker taker) throws InterruptedException {
        if (reached.getCount() == 0) {
            return done;
        }
        Lsn boundary = batch.boundary();
        boolean all = taker.take(batch, boundary == null ? null : boundary.toString());
        if (boundary != null) {
            at = boundary;
            done = all ? boundary : done;
        }
        boolean late = toTime != null
                && batch.changes().stream()
                        .anyMatch(change -> change.commitTime().isAfter(toTime));
        if (late || at.isAtLeast(to)) {
            reached.countDown();
        }
        return done;
    }

    private long percent() {
        return Math.max(0, Math.min(100, 100 * at.minus(from) / Math.max(1, to.minus(from))));
    }
}
