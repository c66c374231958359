package dev.lockstep.vector;

import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreSweeps;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one store in step, on a thread of its own: what changed first, then the sweep. A store that is away is tried again
 * with growing pauses, and holds up nobody: what it has to learn waits in the control schema.
 */
public final class StoreKeeper {

    private static final Logger log = LoggerFactory.getLogger(StoreKeeper.class);

    /** With more hints than that a sweep of the whole store is cheaper than their list. */
    private static final int MOST_HINTS = 200_000;

    private static final Duration BUSY = Duration.ofMillis(20);
    private static final Duration IDLE = Duration.ofMillis(500);
    private static final Duration CALM = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final String name;
    private final Mapping mapping;
    private final Mapping.Store link;
    private final Supplier<VectorStore> stores;
    private final Opener opener;
    private final long epoch;
    private final BooleanSupplier ready;
    private final StopSignal stop;

    /** Opens the keeper's session. */
    @FunctionalInterface
    public interface Opener {
        WriteSession open() throws SQLException;
    }

    /**
     * @param name the configured name
     * @param stores makes clients of the store
     * @param ready whether the tables are scanned: before that hashes and agents would be looked up in vain
     */
    public StoreKeeper(
            String name,
            Mapping mapping,
            Mapping.Store link,
            Supplier<VectorStore> stores,
            Opener opener,
            long epoch,
            BooleanSupplier ready,
            StopSignal stop) {
        this.name = name;
        this.mapping = mapping;
        this.link = link;
        this.stores = stores;
        this.opener = opener;
        this.epoch = epoch;
        this.ready = ready;
        this.stop = stop;
    }

    /**
     * Runs until stopped.
     *
     * @throws LockstepException when this process was replaced, or something fails that must not be gone past
     */
    public void run() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (!stop.requested()) {
            long began = System.nanoTime();
            try (WriteSession session = opener.open()) {
                keep(session);
            } catch (SQLException e) {
                if (ErrorPolicy.of(e) == ErrorPolicy.STOP) {
                    throw new Refused("keeping " + link.name() + " in step", e);
                }
                pause = calm(began) ? FIRST_PAUSE : pause;
                log.warn("{}: {}; trying again in {} ms", link.name(), ErrorPolicy.describe(e), pause.toMillis());
            } catch (LockstepException e) {
                if (!ErrorPolicy.passes(e)) {
                    throw e;
                }
                pause = calm(began) ? FIRST_PAUSE : pause;
                log.warn("{}: {}; trying again in {} ms", link.name(), e.getMessage(), pause.toMillis());
            } catch (RuntimeException e) { // the top of the thread: a fault of one store stops nothing else
                pause = calm(began) ? FIRST_PAUSE : pause;
                log.error("{}: a fault in lockstep; trying again in {} ms", link.name(), pause.toMillis(), e);
            }
            stop.pause(pause);
            pause = longer(pause);
        }
    }

    /** Until stopped, or the session breaks. */
    private void keep(WriteSession session) throws SQLException, InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (!stop.requested()) {
            long began = System.nanoTime();
            try (VectorStore store = stores.get();
                    PageAhead pages = new PageAhead(stores.get(), link.name())) {
                work(session, store, pages);
            } catch (StoreFailure e) {
                if (stop.requested()) {
                    return;
                }
                session.rollback();
                pause = calm(began) ? FIRST_PAUSE : pause;
                log.warn("{}; trying again in {} s", e.getMessage(), pause.toSeconds());
                trouble(session, String.valueOf(e.getMessage()));
                await(session, pause);
                pause = longer(pause);
            }
        }
    }

    private void work(WriteSession session, VectorStore store, PageAhead pages)
            throws SQLException, InterruptedException {
        Stamper stamper = new Stamper(mapping, link, store, session);
        Ledger ledger = new Ledger(name, link.name());
        HintStep hints = new HintStep(name, mapping, link, store, session, stamper, ledger);
        SweepStep sweep = new SweepStep(name, link, session, stamper, pages, ledger, epoch);
        store.check();
        trouble(session, "");
        sweep.takeHintsAgain();
        long busyAt = System.nanoTime();
        long spilledAt = busyAt;
        while (!stop.requested()) {
            int done = ready.getAsBoolean() ? hints.run(sweep.pass()) : 0;
            boolean swept = ready.getAsBoolean() && sweep.run(done > 0);
            if (done > 0 || swept) {
                busyAt = System.nanoTime();
            } else {
                stop.pause(System.nanoTime() - busyAt < CALM.toNanos() ? BUSY : IDLE);
            }
            if (System.nanoTime() - spilledAt > CALM.toNanos()) {
                if (spill(session)) {
                    sweep.takeHintsAgain();
                }
                spilledAt = System.nanoTime();
            }
        }
    }

    private void trouble(WriteSession session, String why) throws SQLException {
        session.begin();
        session.tell(handle -> {
            StoreSweeps sweeps = new StoreSweeps(name);
            sweeps.add(handle, link.name());
            sweeps.trouble(handle, link.name(), why);
        });
        session.commit();
    }

    private void await(WriteSession session, Duration pause) throws SQLException, InterruptedException {
        for (Duration left = pause; left.compareTo(Duration.ZERO) > 0; left = left.minus(CALM)) {
            spill(session);
            if (stop.pause(left.compareTo(CALM) < 0 ? left : CALM)) {
                return;
            }
        }
    }

    /** Keeps what waits within its bounds; returns whether it was too much. */
    private boolean spill(WriteSession session) throws SQLException {
        session.begin();
        boolean over = new StoreHints(name).overflow(session.connection(), link.name(), MOST_HINTS);
        session.commit();
        if (over) {
            log.warn(
                    "{}: more than {} changes wait; a sweep of the whole store will do instead",
                    link.name(),
                    MOST_HINTS);
        }
        return over;
    }

    /** Whether it went well for a while. */
    private static boolean calm(long began) {
        return System.nanoTime() - began > CALM.toNanos();
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}
