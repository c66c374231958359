package dev.lockstep.capture.debezium;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for changes in place of the engine's queue, which waits in whole milliseconds and spends the rest of its interval
 * in a busy loop: with an interval of 2 ms that was half of a core, for nothing. Used by the thread that polls.
 */
final class QueueWatch {

    private static final Logger log = LoggerFactory.getLogger(QueueWatch.class);

    /** After so long the queue is polled anyway: it also tells that its producer has failed. */
    private static final long LONGEST_NANOS = Duration.ofMillis(100).toNanos();

    /** After so long without a change it is looked for less often: to wake up is most of what an idle process does. */
    private static final long QUIET_NANOS = Duration.ofSeconds(1).toNanos();

    private static final int SELDOM = 4;

    /** And after so long even less. */
    private static final long STILL_NANOS = Duration.ofSeconds(10).toNanos();

    private static final int RARELY = 40;

    /** After so long the first change may wait half a second, in the reader and here. */
    private static final long DORMANT_NANOS = Duration.ofMinutes(1).toNanos();

    private static final long DORMANT_REST_NANOS = Duration.ofMillis(250).toNanos();

    /** And after so long it is looked for in any case: a connection that broke says nothing. */
    private static final long SILENT_NANOS = Duration.ofSeconds(1).toNanos();

    /** With so many records a second there are always some: taken as they come, they would make many small batches. */
    private static final int BUSY_PER_SECOND = 3000;

    /** Then they are gathered for so long: a batch costs writers more than a row of it does. */
    private static final long GATHER_NANOS = Duration.ofMillis(40).toNanos();

    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

    /** Over before it begins: of no length at all the queue asks until the next millisecond, with its lock held. */
    static final Duration NO_WAIT = Duration.ofMillis(-1);

    private final ChangeEventQueue<?> queue;
    private final long interval;
    private final EngineHooks hooks;
    private volatile long lastSeen = System.nanoTime();
    private long countedSince = System.nanoTime();
    private long counted;
    private boolean busy;

    private QueueWatch(ChangeEventQueue<?> queue, Duration interval, EngineHooks hooks) {
        this.queue = queue;
        this.hooks = hooks;
        this.interval = interval.toNanos();
    }

    /** Null if it cannot be done; then the queue waits as it always did. */
    static @Nullable QueueWatch of(PostgresConnectorTask task, EngineHooks hooks) {
        try {
            Field queueField = PostgresConnectorTask.class.getDeclaredField("queue");
            queueField.setAccessible(true);
            Field intervalField = ChangeEventQueue.class.getDeclaredField("pollInterval");
            intervalField.setAccessible(true);
            Field roomField = ChangeEventQueue.class.getDeclaredField("isNotFull");
            roomField.setAccessible(true);
            if (queueField.get(task) instanceof ChangeEventQueue<?> queue
                    && intervalField.get(queue) instanceof Duration interval
                    && roomField.get(queue) instanceof Condition room) {
                // the reader waits for room as long as a poll does: for no time at all it would be a busy loop
                roomField.set(queue, new PatientCondition(room, LONGEST_NANOS));
                intervalField.set(queue, NO_WAIT);
                return new QueueWatch(queue, interval, hooks);
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            log.debug("the engine's queue waits by itself", e);
        }
        return null;
    }

    /** So many records were taken since the last time. */
    void took(int records) {
        counted += records;
        long now = System.nanoTime();
        if (records > 1) { // one alone is a heartbeat; a transaction has its begin and its end
            lastSeen = now;
        }
        if (now - countedSince >= SECOND_NANOS) {
            busy = counted * (double) SECOND_NANOS / (now - countedSince) >= BUSY_PER_SECOND;
            countedSince = now;
            counted = 0;
        }
    }

    /** Returns when there is something, or after a while. A change waits for half of the interval, on average. */
    void await() throws InterruptedException {
        long began = System.nanoTime();
        long now = began;
        do {
            rest();
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            now = System.nanoTime();
            if (waiting() > 0) {
                if (!busy || waiting() >= plenty() || now - began >= GATHER_NANOS) {
                    return;
                }
            }
        } while (now - began < (silent() ? SILENT_NANOS : LONGEST_NANOS));
    }

    private int plenty() {
        return hooks.gentle().getAsBoolean() ? ReaderPace.ENOUGH / 2 : queue.totalCapacity() / 2;
    }

    /**
     * Whether there is nothing to look for. To look costs more than to know: the driver waits for a millisecond each time,
     * and five times before the reader may rest. Any thread may ask.
     */
    private boolean silent() {
        return System.nanoTime() - lastSeen > DORMANT_NANOS && hooks.silent().getAsBoolean();
    }

    /** Rests until there may be something to read. Whoever is interrupted returns at once. */
    void restWhileSilent() {
        long began = System.nanoTime();
        do {
            rest();
        } while (silent()
                && System.nanoTime() - began < SILENT_NANOS
                && !Thread.currentThread().isInterrupted());
    }

    /** Waits for the interval; longer when nothing has come for a while. */
    private void rest() {
        long quiet = System.nanoTime() - lastSeen;
        if (quiet > DORMANT_NANOS) {
            LockSupport.parkNanos(Math.max(interval, DORMANT_REST_NANOS));
            return;
        }
        int times = quiet > STILL_NANOS ? RARELY : quiet > QUIET_NANOS ? SELDOM : 1;
        LockSupport.parkNanos(Math.min(times * interval, Math.max(interval, LONGEST_NANOS)));
    }

    /** Records that were read and not yet taken. Any thread may ask. */
    int waiting() {
        return queue.totalCapacity() - queue.remainingCapacity();
    }
}
