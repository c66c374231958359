package dev.lockstep.throttle;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Brake;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The brake of work that can wait: asks the server once a second, if there is work, and says which signal it is that holds
 * it up. Thread-safe.
 */
public final class Throttle implements Brake {

    private static final Logger log = LoggerFactory.getLogger(Throttle.class);
    private static final Duration ASK_EVERY = Duration.ofSeconds(1);
    private static final Duration LONGEST_REST = Duration.ofSeconds(5);
    private static final Duration LONGEST_SNAPSHOT = Duration.ofMinutes(10);

    private final Database database;
    private final String role;
    private final String work;
    private final Control control;
    private final SignalReader reader;
    private final StopSignal stop;
    private final @Nullable Duration longestStop;
    private final long begunAt = System.nanoTime();
    private long stoppedAt = begunAt;
    private Verdict verdict = Verdict.FREE;
    private long askedAt = System.nanoTime() - ASK_EVERY.toNanos();
    private Duration held = Duration.ZERO;

    /**
     * @param name the configured name
     * @param role of the session that asks
     * @param work what is slowed down, for the log
     * @param heartbeat as of {@link SignalReader}
     */
    public Throttle(Database database, String name, String role, String work, Duration heartbeat, StopSignal stop) {
        this(database, name, role, work, heartbeat, stop, null);
    }

    Throttle(
            Database database,
            String name,
            String role,
            String work,
            Duration heartbeat,
            StopSignal stop,
            @Nullable Duration longestStop) {
        this.database = database;
        this.role = role;
        this.work = work;
        this.control = new Control(name);
        this.reader = new SignalReader(name, heartbeat);
        this.stop = stop;
        this.longestStop = longestStop;
    }

    /**
     * Of one verification, which gives up with a {@link LockstepException} when it is stopped for longer than ten minutes and
     * than it has worked: it reads one snapshot, and as long as there is that, vacuum removes nothing in the whole database.
     * Parameters as above.
     */
    public static Throttle ofVerification(
            Database database, String name, String role, Duration heartbeat, StopSignal stop) {
        return new Throttle(database, name, role, "the verification", heartbeat, stop, LONGEST_SNAPSHOT);
    }

    @Override
    public void step(Duration worked) throws InterruptedException {
        Verdict now = verdict();
        if (now.level() == Verdict.Level.SLOW) {
            rest(worked.compareTo(LONGEST_REST) < 0 ? worked : LONGEST_REST);
        }
        for (Verdict still = verdict(); still.level() == Verdict.Level.STOPPED; still = verdict()) {
            giveUp(still.by());
            rest(ASK_EVERY);
        }
    }

    /** What has worked for long may wait as long: else a large table would never be verified where it is stopped each night. */
    private synchronized void giveUp(@Nullable Signal by) {
        long stopped = System.nanoTime() - stoppedAt;
        if (longestStop != null && by != null && stopped >= longestStop.toNanos() && stopped >= stoppedAt - begunAt) {
            throw LockstepException.notDone(
                    work + " was stopped for " + Duration.ofNanos(stopped).toMinutes() + " min by " + by.label()
                            + ", longer than it keeps a snapshot that holds vacuum back; run it again when the server has"
                            + " less to do, or raise the limit: lockstep throttle --set " + by.label() + "=LIMIT",
                    null);
        }
    }

    /** How long work was held up, summed over the threads that do it. */
    public synchronized Duration held() {
        return held;
    }

    private void rest(Duration time) throws InterruptedException {
        if (stop.pause(time)) {
            throw new InterruptedException("stopped");
        }
        synchronized (this) {
            held = held.plus(time);
        }
    }

    private synchronized Verdict verdict() {
        if (System.nanoTime() - askedAt >= ASK_EVERY.toNanos()) {
            ask();
            askedAt = System.nanoTime();
        }
        return verdict;
    }

    private void ask() {
        try (Connection connection = database.open(role)) {
            Handles.tell(connection, handle -> {
                Map<Signal, Double> values = reader.read(handle);
                Limits limits = Limits.of(control.limits(handle));
                tell(Verdict.of(values, limits), values, limits);
            });
        } catch (SQLException | LockstepException e) {
            log.debug("the signals could not be read; {} goes on as it was", work, e);
        }
    }

    private void tell(Verdict now, Map<Signal, Double> values, Limits limits) {
        Signal by = now.by();
        if (!now.equals(verdict)) {
            if (by == null) {
                log.info("{} goes on at full speed", work);
            } else {
                log.info(
                        "{} is {}: {} is {}, its limit is {}",
                        work,
                        now.level() == Verdict.Level.SLOW ? "slowed down" : "stopped",
                        by.label(),
                        Math.round(values.getOrDefault(by, 0.0)),
                        Math.round(limits.of(by)));
            }
        }
        if (verdict.level() != Verdict.Level.STOPPED && now.level() == Verdict.Level.STOPPED) {
            stoppedAt = System.nanoTime();
        }
        verdict = now;
    }
}
