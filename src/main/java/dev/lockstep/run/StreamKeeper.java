package dev.lockstep.run;

import dev.lockstep.capture.CaptureFailure;
import dev.lockstep.capture.GuardFacts;
import dev.lockstep.capture.Origins;
import dev.lockstep.capture.PositionGuard;
import dev.lockstep.capture.debezium.EngineSource;
import dev.lockstep.config.KafkaConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.courtesy.Courtesy;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.derive.Superseded;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.journal.Journal;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.JournalSpan;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.sync.ChangeLog;
import dev.lockstep.sync.LaneSessions;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.sync.Synchronizer;
import dev.lockstep.vector.StoreKeepers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the stream open: the guard first, then an engine and a synchronizer of its own, again and again until stopped.
 * {@link #run} belongs to one thread; the rest is thread-safe.
 */
final class StreamKeeper {

    private static final Logger log = LoggerFactory.getLogger(StreamKeeper.class);

    private final LockstepConfig config;
    private final Database database;
    private final Mapping mapping;
    private final GapRestorer restorer;
    private final Takeover takeover;
    private final long epoch;
    private final Pulse pulse;
    private final SyncMeter meter;
    private final StoreKeepers keepers;
    private final PauseGate gate;
    private final Courtesy courtesy;
    private final Runnable gapFound;
    private final StopSignal stop;

    private final AtomicReference<@Nullable EngineSource> source = new AtomicReference<>();
    private final AtomicReference<@Nullable Synchronizer> synchronizer = new AtomicReference<>();

    /**
     * @param epoch the only one in which it writes
     * @param gapFound told when the stream had to start anew
     */
    StreamKeeper(
            LockstepConfig config,
            Database database,
            Mapping mapping,
            GapRestorer restorer,
            Takeover takeover,
            long epoch,
            Pulse pulse,
            SyncMeter meter,
            StoreKeepers keepers,
            PauseGate gate,
            Courtesy courtesy,
            Runnable gapFound,
            StopSignal stop) {
        this.config = config;
        this.database = database;
        this.mapping = mapping;
        this.restorer = restorer;
        this.takeover = takeover;
        this.epoch = epoch;
        this.pulse = pulse;
        this.meter = meter;
        this.keepers = keepers;
        this.gate = gate;
        this.courtesy = courtesy;
        this.gapFound = gapFound;
        this.stop = stop;
    }

    /** What applies the changes now; null before the stream was first opened. */
    @Nullable
    Synchronizer current() {
        return synchronizer.get();
    }

    /**
     * Closes the engine that runs, if any; the stream is opened again unless it is time to stop.
     *
     * @param dead whether the engine's connections lead nowhere
     */
    void reopen(String why, boolean dead) {
        EngineSource running = source.get();
        if (running != null) {
            log.warn("{}", why);
            if (dead) {
                running.abandon();
            } else {
                running.close();
            }
        }
    }

    /** Waits for {@code thread}, which runs this, and closes whatever engine it has meanwhile. */
    void end(Thread thread) throws InterruptedException {
        while (thread.isAlive()) {
            EngineSource running = source.get();
            if (running != null) {
                running.close();
            }
            thread.join(200);
        }
    }

    /** The last synchronizer; whoever takes it closes it. */
    @Nullable
    Synchronizer release() {
        return synchronizer.getAndSet(null);
    }

    /** Opens the stream again and again; the guard comes first each time. */
    void run() throws InterruptedException {
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
            endLanes(connection);
            keepers.forgetOthers(connection);
            originNone = Origins.mayAskForNone(connection, config.name());
            from = guarded(connection, originNone);
            changes = changeLog(connection, from);
        }
        Synchronizer applier = fresh(from, changes);
        EngineSource engine = new EngineSource(config, mapping, config.name(), originNone, courtesy::gentle);
        source.set(engine);
        log.info("streaming from {}", from.lsn());
        engine.run(from.lsn(), batch -> {
            beat(batch);
            return apply(batch, applier, engine::isClosed);
        });
        if (!stop.requested()) {
            throw new CaptureFailure("the stream ended", null);
        }
    }

    /** As a whole, or, while writers want all processors, piece by piece. */
    private Lsn apply(Batch batch, Synchronizer applier, BooleanSupplier closing) throws InterruptedException {
        for (Batch rest = batch; ; ) {
            gate.await(pulse::beat, stop); // a pause holds up the stream, and so the heartbeats
            Batch piece = courtesy.await(rest, pulse::beat, closing, stop);
            long began = System.nanoTime();
            Lsn durable = applier.apply(piece);
            courtesy.worked(Duration.ofNanos(System.nanoTime() - began));
            if (piece.changes().size() == rest.changes().size()) {
                return durable;
            }
            rest = rest.after(piece);
        }
    }

    /**
     * What broke the stream may have broken the lanes of what applied it, too, and whoever waits for an answer of one holds up
     * what comes next.
     */
    private void endLanes(Connection connection) throws SQLException {
        if (synchronizer.get() != null) {
            takeover.endSessions(connection, Takeover.LANE);
            database.abandon(Takeover.LANE, connection);
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
                        lane -> WriteSession.openUnflushed(database, config.name(), Takeover.LANE + lane, lane, epoch),
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
        gapFound.run();
        return restored;
    }
}
