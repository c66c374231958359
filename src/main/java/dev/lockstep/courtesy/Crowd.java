package dev.lockstep.courtesy;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.database.KeptSession;
import dev.lockstep.database.ServerAddress;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import dev.lockstep.throttle.Limits;
import dev.lockstep.throttle.Signal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether writers want all processors of the machine that we share with the server: something waits for a processor most
 * of the time, and others than ourselves commit. Asked only while the stream
 * is busy. On a machine of our own we take no processor from them, and how many the server has cannot be asked: there never
 * is a crowd. {@link #watch} belongs to one thread, the rest is thread-safe.
 */
final class Crowd implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Crowd.class);

    private static final Duration ASK_EVERY = Duration.ofMillis(100);

    private static final Duration LOOK_EVERY = Duration.ofMillis(300);

    /** One look is a matter of chance. */
    private static final double WEIGHT = 0.15;

    /** What is idle differs more, for a disk that stands still leaves all of it. */
    private static final double WEIGHT_OF_IDLE = 0.05;

    /** Where processors are waited for this share of the time, there are not enough of them for all. */
    private static final double PRESSED = 0.4;

    private static final double EASED = 0.3;

    /** With less than this share of the processors idle, we included, a lower priority takes from the writers, too. */
    private static final double FULL = 0.08;

    /** So much is idle once we rest, unless the writers alone have enough to do. */
    private static final double ROOM = 0.35;

    /** Transactions a second of others that write; with fewer it is ourselves, or our scan, who wait. */
    private static final int SOME = 50;

    /** An answer that is older says nothing any more. */
    private static final long STALE_NANOS = Duration.ofSeconds(3).toNanos();

    private static final long LIMITS_NANOS = Duration.ofSeconds(2).toNanos();

    private static final String TRANSACTIONS = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    private final KeptSession session;
    private final Control control;

    private final CpuPressure pressure;
    private final CpuIdle idle;
    private final LongAdder mine = new LongAdder();
    private long counted = -1;
    private long countedAt;
    private double others = -1;
    private double pressed = -1;
    private double spare;
    private volatile boolean full;
    private boolean near;
    private volatile boolean crowded;
    private volatile double bearable = Signal.STREAM_LAG_SECONDS.standard();
    private long limitsAt = System.nanoTime() - LIMITS_NANOS;
    private volatile long askedAt = System.nanoTime() - STALE_NANOS;
    private volatile long busyAt = System.nanoTime() - QUIET_NANOS;

    /**
     * @param name the configured name
     * @param role of the session that asks
     */
    Crowd(Database database, String name, String role, CpuPressure pressure, CpuIdle idle) {
        this.pressure = pressure;
        this.idle = idle;
        this.control = new Control(name);
        this.session = new KeptSession(database, role);
    }

    /** There is work, so it is worth asking. */
    void busy() {
        busyAt = System.nanoTime();
    }

    /** A batch of ours was applied, in so many transactions. */
    void applied(int transactions) {
        mine.add(transactions);
    }

    boolean present() {
        return crowded && System.nanoTime() - askedAt < STALE_NANOS;
    }

    /** While there is a crowd: whether it leaves nothing over. */
    boolean full() {
        return full;
    }

    /**
     * Twice the operator's limit of the stream's lag. Scans slow down beyond the limit; they stop beyond this, so only where
     * pieces do not keep up.
     */
    Duration bearableLag() {
        return Duration.ofMillis((long) (2000 * bearable));
    }

    /** What else there is to do about it. */
    @FunctionalInterface
    interface Response {
        /** @param open a session in the server, which is on this machine; null while there is no crowd */
        void to(@Nullable Connection open) throws SQLException;
    }

    void watch(StopSignal stop, Response response) throws InterruptedException {
        boolean asking = false;
        while (!stop.pause(asking ? ASK_EVERY : LOOK_EVERY)) {
            asking = System.nanoTime() - busyAt < QUIET_NANOS;
            if (!asking) {
                close();
            }
            look(asking, response);
        }
    }

    private void look(boolean asking, Response response) {
        try {
            if (asking) {
                sample();
            }
            response.to(crowded ? session.connection() : null);
        } catch (SQLException | LockstepException e) {
            log.debug("whether writers need the processors could not be asked", e);
            close();
            calm(response);
        }
    }

    private static void calm(Response response) {
        try {
            response.to(null);
        } catch (SQLException e) {
            log.debug("not asked, so not possible", e);
        }
    }

    private void sample() throws SQLException {
        Connection open = connection();
        if (!near) {
            return;
        }
        if (System.nanoTime() - limitsAt >= LIMITS_NANOS) {
            bearable = Limits.of(Handles.ask(open, control::limits)).of(Signal.STREAM_LAG_SECONDS);
            limitsAt = System.nanoTime();
        }
        sample(transactions(open), pressure.since(), idle.since(), System.nanoTime());
    }

    private Connection connection() throws SQLException {
        boolean fresh = !session.isOpen();
        Connection open = session.connection();
        if (fresh) {
            near = ServerAddress.of(open).onThisMachine();
        }
        return open;
    }

    /** All that ever wrote, the server's own count. */
    private static long transactions(Connection open) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(TRANSACTIONS); // the driver keeps it prepared
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /**
     * @param transactions of the server that ever wrote
     * @param pressure of the time since the last sample; NaN if not known
     * @param idle share of the processors since then; NaN if not known
     */
    void sample(long transactions, double pressure, double idle, long now) {
        long own = mine.sumThenReset();
        if (counted >= 0 && !Double.isNaN(pressure)) {
            double perSecond = Math.max(0, transactions - counted - own) * 1e9 / (now - countedAt);
            others = others < 0 ? perSecond : others + WEIGHT * (perSecond - others);
            pressed = pressed < 0 ? pressure : pressed + WEIGHT * (pressure - pressed);
            boolean before = crowded;
            crowded = others >= SOME && pressed >= (before ? EASED : PRESSED);
            if (crowded && !before) { // until it is seen what the writers alone leave over
                spare = 0;
                full = true;
            }
        }
        spare += Double.isNaN(idle) ? 0 : WEIGHT_OF_IDLE * (idle - spare);
        full = spare < (full ? ROOM : FULL);
        counted = transactions;
        countedAt = now;
        askedAt = System.nanoTime();
    }

    @Override
    public void close() {
        session.close();
        counted = -1;
        others = -1;
        pressed = -1;
        crowded = false;
    }
}
