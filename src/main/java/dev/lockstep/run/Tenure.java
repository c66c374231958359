package dev.lockstep.run;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.capture.CaptureFailure;
import dev.lockstep.capture.GuardFacts;
import dev.lockstep.capture.Origins;
import dev.lockstep.capture.PositionGuard;
import dev.lockstep.capture.debezium.EngineSource;
import dev.lockstep.config.KafkaConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.derive.Superseded;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.journal.Journal;
import dev.lockstep.journal.LetterTopic;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.JournalSpan;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.sync.ChangeLog;
import dev.lockstep.sync.LaneSessions;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreKeepers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which this process holds the lease: the stream, the scans and the clock that renews, beats and looks
 * around, each on a thread of its own. Ends when asked, when caught up, when superseded, or when something fails that
 * must not be gone past.
 */
final class Tenure implements TenureClock.Listener {

    private static final Logger log = LoggerFactory.getLogger(Tenure.class);
    private static final Duration TICK = Duration.ofMillis(100);

    /** How long a scan may take to end by itself, after the range in hand. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final LockstepConfig config;
    private final Database database;
    private final Mapping mapping;
    private final GapRestorer restorer;
    private final PostBackfill postBackfill;
    private final Takeover takeover;
    private final LeaseKeeper lease;
    private final long epoch;
    private final Pulse pulse;
    private final SyncMeter meter;
    private final ScanProgress progress;
    private final StoreKeepers keepers;
    private final GapVerification verification;
    private final StopSignal stop;

    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable EngineSource> source = new AtomicReference<>();
    private final AtomicBoolean scanned = new AtomicBoolean();
    private final AtomicBoolean scanAgain = new AtomicBoolean();
    private final AtomicReference<@Nullable Synchronizer> synchronizer = new AtomicReference<>();

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
        this.mapping = mapping;
        this.restorer = restorer;
        this.postBackfill = postBackfill;
        this.takeover = takeover;
        this.lease = lease;
        this.epoch = lease.epoch();
        this.pulse = pulse;
        this.meter = meter;
        this.progress = progress;
        this.keepers = new StoreKeepers(config, database, mapping, clients, Takeover.ROLE, epoch);
        this.verification = new GapVerification(config, database, mapping, clients, stop);
        this.stop = stop;
    }

    /**
     * Runs until stopped, or until everything committed before {@code target} is applied and every scan is done.
     *
     * @throws LockstepException when the tenure ended for a reason the operator, or the next tenure, has to deal with
     */
    void run(Optional<Lsn> target) throws InterruptedException {
        Thread stream = start("stream", this::stream);
        Thread scan = start("scan", this::scan);
        Thread verify = start("gap-verification", verification::run);
        Thread clock = start("clock", new TenureClock(database, config, mapping, lease, stop, this)::run);
        keepers.start(this::start, scanned::get, stop);
        List<Thread> beside = besideKafka();
        try {
            while (!stop.pause(TICK)) {
                Synchronizer current = synchronizer.get();
                if (current != null) {
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
            end(stream, clock, scan, verify);
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
        return scanned.get()
                && current.durable().isAtLeast(target)
                && current.heldRows() == 0
                && !current.sweepWaits()
                && keepers.settled();
    }

    private void end(Thread stream, Thread clock, Thread scan, Thread verify) throws InterruptedException {
        while (stream.isAlive()) {
            EngineSource running = source.get();
            if (running != null) {
                running.close();
            }
            stream.join(200);
        }
        clock.join();
        keepers.join();
        scan.join(GRACE.toMillis());
        while (scan.isAlive()) {
            scan.interrupt(); // an index build may wait for an old transaction for hours
            scan.join(200);
        }
        verify.interrupt(); // reads, and nothing more: what it found is not recorded
        Synchronizer current = synchronizer.getAndSet(null);
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

    /** Opens the stream again and again; the guard comes first each time. */
    private void stream() throws InterruptedException {
        Duration pause = Duration.ofMillis(100);
        while (!stop.requested()) {
            long opened = System.nanoTime();
            try {
                streamOnce();
            } catch (CaptureFailure e) {
                log.debug("the stream broke", e);
                if (!stop.requested()) {
                    log.warn("the stream broke: {}; opening it again in {} ms", e.getMessage(), pause.toMillis());
                    pulse.trouble("the stream broke: " + e.getMessage());
                }
            } catch (SQLException | LockstepException e) {
                String line = retryable(e);
                log.warn("{}; trying again in {} ms", line, pause.toMillis());
                pulse.trouble(line);
            } finally {
                pulse.streaming(false);
            }
            if (System.nanoTime() - opened > Duration.ofSeconds(30).toNanos()) {
                pause = Duration.ofMillis(100);
            }
            stop.pause(pause);
            pause = pause.toSeconds() >= 5 ? pause : pause.multipliedBy(2);
        }
    }

    private static String retryable(Exception e) {
        if (e instanceof LockstepException lockstep && !ErrorPolicy.passes(lockstep)) {
            throw lockstep;
        }
        if (e instanceof SQLException sql) {
            return switch (ErrorPolicy.of(sql)) {
                case RETRY, GIVE_WAY -> "the stream cannot be opened: " + ErrorPolicy.describe(sql);
                case SET_ASIDE, STOP -> throw new Refused("opening the stream", sql);
            };
        }
        return String.valueOf(e.getMessage());
    }

    private void streamOnce() throws SQLException, InterruptedException {
        Position from;
        boolean originNone;
        ChangeLog changes;
        try (Connection connection = database.open(Takeover.ROLE + "guard")) {
            checkEpoch(connection); // one that wakes up late must not end its successor's stream
            takeover.endStream(connection);
            keepers.forgetOthers(connection);
            originNone = Origins.mayAskForNone(connection, config.name());
            from = guarded(connection, originNone);
            changes = changeLog(connection, from);
        }
        Synchronizer applier = fresh(from, changes);
        EngineSource engine = new EngineSource(config, mapping, config.name(), originNone);
        source.set(engine);
        log.info("streaming from {}", from.lsn());
        engine.run(from.lsn(), batch -> {
            beat(batch);
            return applier.apply(batch);
        });
        if (!stop.requested()) {
            throw new CaptureFailure("the stream ended", null);
        }
    }

    private ChangeLog changeLog(Connection connection, Position from) throws SQLException {
        KafkaConfig kafka = config.kafka();
        JournalSpan span = new JournalSpan(config.name());
        if (kafka == null) {
            Handles.tell(connection, span::broken);
            return ChangeLog.NONE;
        }
        Handles.tell(connection, handle -> span.goesOn(handle, kafka.journal().topic(), from.lsn()));
        return new Journal(kafka, mapping, ServerEnd.snapshot(connection).xmax(), this::waits, stop);
    }

    /** A broker that is away holds up the stream, and so the heartbeats; another process would wait for it just so. */
    private void waits(String why) {
        pulse.trouble(why);
        pulse.beat();
    }

    private void checkEpoch(Connection connection) throws SQLException {
        long now = new Fence(config.name()).read(connection).epoch();
        if (now != epoch) {
            throw new Superseded(epoch, now);
        }
    }

    private void beat(Batch batch) {
        if (!batch.heartbeats().isEmpty()) {
            pulse.beat();
            pulse.streaming(true);
            pulse.trouble("");
        }
    }

    /**
     * Nothing that was remembered of the last stream: what comes again is older than the rows it held, and agents may
     * have changed unseen in a gap.
     */
    private Synchronizer fresh(Position from, ChangeLog changes) {
        Synchronizer old = synchronizer.get();
        Synchronizer made = new Synchronizer(
                config.name(),
                mapping,
                new LaneSessions(
                        lane -> WriteSession.openUnflushed(
                                database, config.name(), Takeover.ROLE + "lane-" + lane, lane, epoch),
                        config.run().lanes()),
                new AgentCache(),
                from.lsn(),
                meter,
                changes,
                stop);
        synchronizer.set(made);
        if (old != null) {
            old.close();
        }
        return made;
    }

    /** The stored position, or, after a gap, the one the stream starts anew from. */
    private Position guarded(Connection connection, boolean originNone) throws SQLException {
        PositionGuard guard = new PositionGuard(config.name(), mapping);
        String version = guard.version(connection, originNone);
        GuardFacts facts = guard.read(connection);
        List<GuardFacts.Violation> violations = new ArrayList<>(facts.violations());
        if (violations.isEmpty()
                && Handles.ask(connection, new Gaps(config.name())::unrestored).isPresent()) {
            violations.add(new GuardFacts.Violation("unfinished", "an earlier gap was not dealt with to the end"));
        }
        Position position = facts.position();
        if (violations.isEmpty() && position != null) {
            guard.remember(connection, version);
            return position;
        }
        Handles.tell(connection, new JournalSpan(config.name())::broken);
        Position restored = restorer.restore(connection, facts, violations);
        guard.remember(connection, guard.version(connection, originNone));
        scanAgain.set(true);
        scanned.set(false);
        return restored;
    }

    /** An ALTER may come at any time: a wrong publication means lost changes, or writers that fail. */
    @Override
    public void streamUnsound(String why) {
        EngineSource running = source.get();
        if (running != null) {
            log.warn("{}", why);
            running.close();
        }
    }

    private void scan() throws InterruptedException {
        ScanRunner runner = new ScanRunner(
                config.name(),
                mapping,
                new AgentCache(), // not the stream's: what a scan read before an agent went must not outlive the event
                worker -> WriteSession.open(
                        database, config.name(), Takeover.ROLE + "scan-" + worker, Fence.SCAN_SEAT + worker, epoch),
                config.backfill().batch(),
                Math.min(config.backfill().workers(), Fence.RUN_SEAT - Fence.SCAN_SEAT),
                progress,
                stop);
        while (!stop.requested()) {
            scanAgain.set(false);
            if (synchronizer.get() != null) { // the slot is there: what comes after the scan's bound is in the stream
                do {
                    runner.run();
                    finishBackfill();
                } while (!stop.requested() && runner.left()); // vectors come last, after the indexes they are tied by
                scanned.set(!scanAgain.get());
                if (scanned.get()) {
                    verification.scanned();
                    log.info("every table is scanned, and the indexes are built; the stream alone goes on");
                }
            }
            while (!stop.pause(TICK) && scanned.get() && !scanAgain.get()) {
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
