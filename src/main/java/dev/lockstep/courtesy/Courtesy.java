package dev.lockstep.courtesy;

import dev.lockstep.database.Database;
import dev.lockstep.model.Batch;
import dev.lockstep.model.StopSignal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets writers go first: while they want all processors, the stream has a lower priority; and where that cannot be, or they
 * leave nothing over, it puts its batches off; up to a lag. {@link #await} and {@link #worked} belong to the thread of the stream, {@link #watch} to one of
 * its own, called lockstep-crowd.
 */
public final class Courtesy implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Courtesy.class);

    private static final Duration STEP = Duration.ofMillis(20);
    private static final long LEAST_NANOS = Duration.ofMillis(1).toNanos();
    private static final long TELL_NANOS = Duration.ofMinutes(1).toNanos();
    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long COUNT_NANOS = Duration.ofMillis(200).toNanos();

    /**
     * Changes. A writer waits behind what is done meanwhile, so it is little, and often: 4 ms of a processor, where 256 take
     * 16 and cost a tenth less each. One lane does it, and leaves the other processors alone.
     */
    static final int PIECE = 64;

    /** Past the limit by so much of it, pieces without a rest do not keep up: whole batches do if anything does. */
    private static final double URGENT = 1.25;

    /** So few changes a second cost nobody anything. */
    private static final int BUSY_PER_SECOND = 500;

    /** Transactions: one for each lane, one for the position, and one to spare. */
    private static final int OF_A_BATCH = 4;

    private final Crowd crowd;
    private final Priority priority;
    private final int ofAPiece;
    private final Duration limit;
    private final BooleanSupplier scanning;
    private final Consumer<Duration> meter;
    private Duration lastWork = Duration.ZERO;
    private int lastSize;
    private long countedSince = System.nanoTime();
    private long counted;
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - TELL_NANOS);
    private volatile boolean walShort;
    private volatile boolean puttingOff;
    private volatile boolean lowered;
    private volatile @Nullable Instant oldest;

    /**
     * @param name the configured name
     * @param role of the session that asks how crowded it is
     * @param linked whether vectors or stores follow, in transactions of their own
     * @param limit of the lag up to which work is put off, if the operator bears as much
     * @param scanning whether a scan of ours runs: it is the one to make room then, and it does so once the stream lags
     * @param meter told how long it was
     */
    public Courtesy(
            Database database,
            String name,
            String role,
            boolean linked,
            Duration limit,
            BooleanSupplier scanning,
            Consumer<Duration> meter) {
        this(
                new Crowd(database, name, role, new CpuPressure(), new CpuIdle()),
                new Priority(name),
                linked,
                limit,
                scanning,
                meter);
    }

    Courtesy(
            Crowd crowd,
            Priority priority,
            boolean linked,
            Duration limit,
            BooleanSupplier scanning,
            Consumer<Duration> meter) {
        this.scanning = scanning;
        this.crowd = crowd;
        this.priority = priority;
        this.ofAPiece = linked ? OF_A_BATCH : 1;
        this.limit = limit;
        this.meter = meter;
    }

    /** Whether the server cannot hold back much more WAL; then nothing is put off. */
    public void walShort(boolean now) {
        walShort = now;
    }

    /** Looks at the server until stopped. */
    public void watch(StopSignal stop) throws InterruptedException {
        try {
            crowd.watch(stop, this::prioritize);
        } finally {
            lowered = false;
            priority.giveBackForGood();
        }
    }

    private void prioritize(@Nullable Connection open) throws SQLException {
        int steps = open != null && crowded() ? Yielding.steps(lag(oldest), limit()) : 0;
        if (open != null && steps > 0) {
            lowered = priority.lower(open, steps);
        } else {
            lowered = false;
            priority.giveBack();
        }
        if (lowered) {
            tell("writers want all processors: the stream has a lower priority until it lags");
        }
    }

    private Duration limit() {
        Duration bearable = crowd.bearableLag();
        return bearable.compareTo(limit) < 0 ? bearable : limit;
    }

    /** Of the oldest change that waits. A crowd is on this machine, and so is the clock that it was committed by. */
    private static Duration lag(@Nullable Instant committed) {
        return committed == null ? Duration.ZERO : Duration.between(committed, Instant.now());
    }

    /**
     * Returns when it is time to apply the batch.
     *
     * @param waiting done now and then meanwhile
     * @param hurried whether somebody waits for this batch to end; then nothing is put off
     * @return what to apply: all of it, or, while there is a crowd, its beginning
     * @throws InterruptedException when stopped
     */
    public Batch await(Batch batch, Runnable waiting, BooleanSupplier hurried, StopSignal stop)
            throws InterruptedException {
        if (batch.changes().isEmpty()) {
            lastSize = 0;
            oldest = null;
            count(0);
            return batch;
        }
        Instant committed = batch.changes().get(0).commitTime();
        oldest = committed;
        Duration lag = lag(committed);
        long began = System.nanoTime();
        Duration most = limit();
        long rest = Yielding.rest(lastWork, lag, most).toNanos();
        boolean urgent = lag.toMillis() >= URGENT * most.toMillis();
        puttingOff = !urgent;
        boolean rested = false;
        while (crowded() && !easy() && !hurried.getAsBoolean() && System.nanoTime() - began < rest) {
            rested = true;
            tell("writers want all processors: the stream lets them go first, up to about " + most.toSeconds()
                    + " s of lag");
            waiting.run();
            crowd.busy();
            long left = rest - (System.nanoTime() - began);
            if (stop.pause(Duration.ofNanos(Math.max(LEAST_NANOS, Math.min(STEP.toNanos(), left))))) {
                throw new InterruptedException("stopped");
            }
        }
        if (rested) {
            meter.accept(Duration.ofNanos(System.nanoTime() - began));
        }
        boolean pieces = !urgent && crowded() && !hurried.getAsBoolean();
        Batch piece = pieces ? batch.head(PIECE) : batch;
        lastSize = piece.changes().size();
        count(lastSize);
        return piece;
    }

    /** Whether the stream had better be read slowly, too: something is put off for writers. Any thread may ask. */
    public boolean gentle() {
        return puttingOff && !easy() && crowded();
    }

    /** Whether writers have what they want although we work. */
    private boolean easy() {
        return lowered && !crowd.full();
    }

    private boolean crowded() {
        return crowd.present() && !walShort && !scanning.getAsBoolean();
    }

    /** What {@link #await} returned took so long. */
    public void worked(Duration time) {
        lastWork = time;
        crowd.applied(lastSize <= PIECE ? ofAPiece : OF_A_BATCH);
    }

    private void count(int changes) {
        counted += changes;
        long now = System.nanoTime();
        if (now - countedSince >= COUNT_NANOS) {
            if (counted * (double) SECOND_NANOS / (now - countedSince) >= BUSY_PER_SECOND) {
                crowd.busy();
            }
            countedSince = now;
            counted = 0;
        }
    }

    private void tell(String what) {
        long now = System.nanoTime();
        if (now - toldAt.get() >= TELL_NANOS) {
            toldAt.set(now);
            log.info(what);
        }
    }

    @Override
    public void close() {
        crowd.close();
    }
}
