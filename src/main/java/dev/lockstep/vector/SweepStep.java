package dev.lockstep.vector;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TimedSize;
import dev.lockstep.state.LegacyPoints;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.vector.StampPlan.Verdict;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes through a whole store, page by page: the backfill, the repair, and what finds points that came before or long after
 * their message. Goes on at the page where an earlier process stopped. Not thread-safe.
 */
final class SweepStep {

    private static final Logger log = LoggerFactory.getLogger(SweepStep.class);

    /** What changed has to wait for a page to end. */
    private static final Duration WISHED = Duration.ofSeconds(1);

    private static final int FIRST = 1000;

    /** Chroma skips to an offset: the more points a page has, the less it skips. */
    private static final int MOST = 5000;

    /** A sweep that nobody waits for comes this long after the last one, at least. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    /** One that somebody waits for takes up to a fifth of the time, any other a twentieth. */
    private static final int WANTED_SHARE = 4;

    private static final int SHARE = 19;

    private final Mapping.Store link;
    private final WriteSession session;
    private final Stamper stamper;
    private final PageAhead pages;
    private final Ledger ledger;
    private final StoreSweeps sweeps;
    private final StoreHints hints;
    private final LegacyPoints legacy;
    private final long epoch;
    private final TimedSize size = new TimedSize(WISHED, FIRST, MOST);
    private StoreSweeps.Sweep sweep;
    private long began = System.nanoTime();
    private long ended;
    private Duration took = Duration.ZERO;
    private boolean first = true;

    SweepStep(
            String name,
            Mapping.Store link,
            WriteSession session,
            Stamper stamper,
            PageAhead pages,
            Ledger ledger,
            long epoch)
            throws SQLException {
        this.link = link;
        this.session = session;
        this.stamper = stamper;
        this.pages = pages;
        this.ledger = ledger;
        this.sweeps = new StoreSweeps(name);
        this.hints = new StoreHints(name);
        this.legacy = new LegacyPoints(name);
        this.epoch = epoch;
        session.begin();
        session.tell(handle -> sweeps.add(handle, link.name()));
        session.commit();
        this.sweep = read();
    }

    /** The number of the pass that runs, or ran last. */
    long pass() {
        return sweep.pass();
    }

    /**
     * Deals with one page, if it is time to.
     *
     * @param stale whether points were written since the last page
     * @return whether there was one
     */
    boolean run(boolean stale) throws SQLException, InterruptedException {
        if (stale) {
            pages.forget();
        }
        if (!sweep.passRuns()) {
            if (!time()) {
                return false;
            }
            sweep = read(); // somebody may have wanted another one
            if (!due()) {
                return false;
            }
            begin();
        }
        long started = System.nanoTime();
        int limit = size.items();
        Page page = pages.take(sweep.passCursor(), limit);
        List<Verdict> verdicts = stamper.bring(page.points(), Set.of());
        long orphaned = verdicts.stream().filter(Verdict::orphan).count();
        String next = page.next();
        session.begin();
        ledger.note(session, verdicts, sweep.pass());
        if (next != null) {
            session.tell(handle -> sweeps.advance(handle, link.name(), next, verdicts.size(), orphaned));
        } else {
            session.tell(handle -> sweeps.end(handle, link.name(), verdicts.size(), orphaned));
            legacy.prune(session.connection(), link.name(), sweep.pass());
        }
        session.commit();
        sweep = read();
        if (next == null) {
            ended = System.nanoTime();
            took = Duration.ofNanos(ended - began);
            log.debug("{}: swept {} points in {} ms", link.name(), sweep.points(), took.toMillis());
        } else if (page.points().size() >= limit) {
            size.took(limit, Duration.ofNanos(System.nanoTime() - started));
        }
        return true;
    }

    /** Whether nobody has to wait for a sweep of this epoch. */
    private boolean due() {
        return sweep.due(epoch) || sweep.overflowed() || sinceEnd().compareTo(pause(SHARE)) > 0;
    }

    private boolean time() {
        return first || sinceEnd().compareTo(pause(WANTED_SHARE)) > 0;
    }

    private Duration sinceEnd() {
        return Duration.ofNanos(System.nanoTime() - ended);
    }

    private Duration pause(int share) {
        Duration pause = took.multipliedBy(share);
        pause = pause.compareTo(PAUSE) < 0 ? PAUSE : pause;
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /** After an overflow: what was given up is left to a sweep that begins after this, however long that may take. */
    void takeHintsAgain() throws SQLException {
        if (read().overflowed()) {
            session.begin();
            hints.reset(session.connection(), link.name());
            session.commit();
        }
    }

    private void begin() throws SQLException {
        takeHintsAgain();
        session.begin();
        session.tell(handle -> sweeps.begin(handle, link.name(), epoch));
        session.commit();
        sweep = read();
        began = System.nanoTime();
        first = false;
    }

    private StoreSweeps.Sweep read() throws SQLException {
        return session.look(handle -> sweeps.read(handle, link.name())).orElseThrow();
    }
}
