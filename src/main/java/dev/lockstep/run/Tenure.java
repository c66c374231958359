package dev.lockstep.run;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.config.KafkaConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.courtesy.Courtesy;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.journal.LetterTopic;
import dev.lockstep.model.Brake;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Fence;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import dev.lockstep.throttle.Throttle;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreKeepers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which this process holds the lease: the stream, the scans and the clock that renews, beats and looks
 * around, each on a thread of its own. Ends when asked, when caught up, when superseded, or when something fails that
 * must not be gone past.
 */
final class Tenure {

    private static final Logger log = LoggerFactory.getLogger(Tenure.class);
    private static final Duration TICK = Duration.ofMillis(100);

    /** How long a scan may take to end by itself, after the range in hand. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final LockstepConfig config;
    private final Database database;
    private final Pulse pulse;
    private final LeaseClock renewal;
    private final TenureClock clock;
    private final StreamKeeper stream;
    private final ScanKeeper scan;
    private final StoreKeepers keepers;
    private final GapVerification verification;
    private final PauseGate gate = new PauseGate();
    private final Courtesy courtesy;
    private final StopSignal stop;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    /** @param stop of this tenure: asked for by the operator, and by whatever ends the tenure */
    Tenure(
            LockstepConfig config,
            Database database,
            Mapping mapping,
            GapRestorer restorer,
            PostBackfill postBackfill,
            Takeover takeover,
            LeaseKeeper lease,
            Pulse pulse,
            SyncMeter meter,
            ScanProgress progress,
            StoreClients clients,
            StopSignal stop) {
        this.config = config;
        this.database = database;
        this.pulse = pulse;
        this.stop = stop;
        this.keepers = new StoreKeepers(config, database, mapping, clients, Takeover.ROLE, lease.epoch());
        this.courtesy = new Courtesy(
                database,
                config.name(),
                Takeover.ROLE + "crowd",
                !mapping.vectors().isEmpty() || !mapping.stores().isEmpty(),
                config.monitor().maxLag().dividedBy(2),
                this::scanning,
                meter::yielded);
        this.verification = new GapVerification(config, database, mapping, clients, stop);
        this.scan = new ScanKeeper(
                scans(mapping, lease.epoch(), progress),
                postBackfill,
                new BackfillLog(database, config.name()),
                this::opened,
                verification::scanned,
                stop);
        this.stream = new StreamKeeper(
                config,
                database,
                mapping,
                restorer,
                takeover,
                lease.epoch(),
                pulse,
                meter,
                keepers,
                gate,
                courtesy,
                scan::scanAgain,
                stop);
        this.renewal = new LeaseClock(database, config.name(), lease, gate, stop);
        this.clock = new TenureClock(database, config, mapping, stop, courtesy::walShort, stream::reopen);
    }

    private ScanRunner scans(Mapping mapping, long epoch, ScanProgress progress) {
        Brake throttle = new Throttle(
                database,
                config.name(),
                Takeover.ROLE + "throttle",
                "the scan",
                config.run().heartbeat(),
                stop);
        return new ScanRunner(
                config.name(),
                mapping,
                new AgentCache(), // not the stream's: what a scan read before an agent went must not outlive the event
                worker -> WriteSession.open(
                        database, config.name(), Takeover.ROLE + "scan-" + worker, Fence.SCAN_SEAT + worker, epoch),
                config.backfill().batch(),
                Math.min(config.backfill().workers(), Fence.RUN_SEAT - Fence.SCAN_SEAT),
                worked -> {
                    gate.await(() -> {}, stop);
                    throttle.step(worked);
                },
                progress,
                stop);
    }

    private boolean scanning() {
        return !scan.scanned();
    }

    private boolean opened() {
        return stream.current() != null;
    }

    /**
     * Runs until stopped, or until everything committed before {@code target} is applied and every scan is done.
     *
     * @throws LockstepException when the tenure ended for a reason the operator, or the next tenure, has to deal with
     */
    void run(Optional<Lsn> target) throws InterruptedException {
        Thread streaming = start("stream", stream::run);
        Thread scanning = start("scan", scan::run);
        List<Thread> ticking = List.of(
                start("lease", renewal::run), start("clock", clock::run), start("crowd", () -> courtesy.watch(stop)));
        Thread verifying = start("gap-verification", verification::run);
        keepers.start(this::start, () -> scan.scanned() && !gate.closed(), stop);
        List<Thread> beside = besideKafka();
        try {
            while (!stop.pause(TICK)) {
                Synchronizer current = stream.current();
                if (current != null && !gate.closed()) {
                    current.tick();
                    if (target.isPresent() && caughtUp(current, target.get())) {
                        break;
                    }
                }
            }
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        } catch (InterruptedException e) {
            if (!stop.requested()) {
                throw e;
            }
            log.debug("a retry gave up because the tenure ends: why it ends counts", e);
        } finally {
            stop.request();
            end(streaming, ticking, scanning, verifying);
            for (Thread thread : beside) {
                thread.interrupt(); // brokers may not answer for as long as their timeout
                thread.join();
            }
        }
        RuntimeException cause = failure.get();
        if (cause != null) {
            throw cause;
        }
    }

    private List<Thread> besideKafka() {
        KafkaConfig kafka = config.kafka();
        return kafka == null
                ? List.of()
                : List.of(start("dead-letters", new LetterTopic(kafka, this::oldestLetters, stop)::run));
    }

    private List<DeadLetters.Letter> oldestLetters(int most) throws SQLException {
        try (Connection connection = database.open(Takeover.ROLE + "letters")) {
            return new DeadLetters(config.name()).oldest(connection, most);
        }
    }

    private boolean caughtUp(Synchronizer current, Lsn target) {
        return scan.scanned()
                && current.durable().isAtLeast(target)
                && current.heldRows() == 0
                && !current.sweepWaits()
                && keepers.settled();
    }

    private void end(Thread streaming, List<Thread> ticking, Thread scanning, Thread verifying)
            throws InterruptedException {
        stream.end(streaming);
        for (Thread thread : ticking) {
            thread.join();
        }
        courtesy.close();
        keepers.join();
        scanning.join(GRACE.toMillis());
        while (scanning.isAlive()) {
            scanning.interrupt(); // an index build may wait for an old transaction for hours
            scanning.join(200);
        }
        verifying.interrupt(); // reads, and nothing more: what it found is not recorded
        Synchronizer current = stream.release();
        if (current != null) {
            try {
                if (failure.get() == null) {
                    current.tick();
                }
            } catch (InterruptedException e) {
                log.debug("the position was not stored once more; the last batch comes again", e);
            } finally {
                current.close();
            }
        }
        pulse.streaming(false);
    }

    private Thread start(String role, StoreKeepers.Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (InterruptedException e) {
                        log.debug("{} stopped", role);
                    } catch (RuntimeException e) {
                        failure.compareAndSet(null, e);
                        stop.request();
                    }
                },
                "lockstep-" + role);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
