package dev.lockstep.backfill;

import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.Refused;
import dev.lockstep.derive.VectorGate;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Brake;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TimedSize;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.Scans;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does every scan that is not done: the backfill, and those of gaps. Resumes where a killed one stopped; safe beside
 * live writers and beside the stream. Errors that pass are retried until the stop signal. One thread calls it.
 */
public final class ScanRunner {

    private static final Logger log = LoggerFactory.getLogger(ScanRunner.class);

    /** Opens the session of a worker. */
    @FunctionalInterface
    public interface Opener {
        WriteSession open(int worker) throws SQLException;
    }

    private static final int FIRST_BLOCKS = 64;
    private static final int MOST_BLOCKS = 1 << 16;

    private final String name;
    private final Mapping mapping;
    private final Opener opener;
    private final Duration batch;
    private final int workers;
    private final Brake brake;
    private final ScanProgress progress;
    private final StopSignal stop;
    private final Scans scans;
    private final Gaps gaps;
    private final AgentMaker agents;
    private final VectorGate gate;
    private boolean left;

    /**
     * @param batch how long one transaction should last
     * @param workers sessions that work in parallel
     * @param brake asked before each range
     */
    public ScanRunner(
            String name,
            Mapping mapping,
            AgentCache cache,
            Opener opener,
            Duration batch,
            int workers,
            Brake brake,
            ScanProgress progress,
            StopSignal stop) {
        this.name = name;
        this.mapping = mapping;
        this.opener = opener;
        this.batch = batch;
        this.workers = workers;
        this.brake = brake;
        this.progress = progress;
        this.stop = stop;
        this.scans = new Scans(name);
        this.gaps = new Gaps(name);
        this.agents = new AgentMaker(mapping, cache);
        this.gate = new VectorGate(name, mapping);
    }

    /**
     * Does all scans that are not done.
     *
     * @return rows written
     * @throws LockstepException when the server refuses in a way that does not pass, or another process has taken over
     * @throws InterruptedException when stopped; the cursors say where to go on
     */
    public long run() throws InterruptedException {
        Duration pause = Duration.ofMillis(100);
        while (true) {
            try {
                return runOnce();
            } catch (SQLException e) {
                log.warn("scan: {}; going on in {} ms", retryable(e), pause.toMillis());
            } catch (LockstepException e) {
                if (!ErrorPolicy.passes(e)) {
                    throw e;
                }
                log.warn("scan: {}; going on in {} ms", e.getMessage(), pause.toMillis());
            }
            pauseOrStop(pause);
            pause = pause.toSeconds() >= 5 ? pause : pause.multipliedBy(2);
        }
    }

    private static String retryable(SQLException e) {
        return switch (ErrorPolicy.of(e)) {
            case RETRY, GIVE_WAY -> ErrorPolicy.describe(e);
            case SET_ASIDE, STOP -> throw new Refused("the scan", e);
        };
    }

    private long runOnce() throws SQLException, InterruptedException {
        List<WriteSession> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < workers; i++) {
                sessions.add(opener.open(i));
            }
            return scanAll(sessions);
        } finally {
            sessions.forEach(WriteSession::close);
        }
    }

    private long scanAll(List<WriteSession> sessions) throws SQLException, InterruptedException {
        WriteSession first = sessions.get(0);
        long before = rowsWritten(first);
        left = false;
        List<Scans.Scan> open = new ArrayList<>(open(first));
        if (!open.isEmpty()) {
            agents.ensureAll(first);
        }
        open.sort(Comparator.comparing(scan -> isVectors(scan.root())));
        for (Scans.Scan scan : open) {
            if (isVectors(scan.root()) && !gateOpen(first)) {
                left = true;
                break;
            }
            if (mapping.scoped(scan.root()).isPresent()) {
                scan(sessions, scan);
            } else {
                log.warn("{} is no longer mapped; its scan is dropped", scan.root());
                finish(first, scan);
            }
        }
        first.begin();
        first.tell(handle -> gaps.closeScanned(handle, name));
        first.commit();
        return rowsWritten(first) - before;
    }

    private boolean isVectors(TableName root) {
        return mapping.scoped(root).map(table -> table.link() != null).orElse(false);
    }

    private boolean gateOpen(WriteSession session) throws SQLException {
        session.begin();
        boolean open = gate.open(session.connection());
        session.commit();
        return open;
    }

    /** Whether scans were left out by the last run, because vectors come after the indexes they are tied by. */
    public boolean left() {
        return left;
    }

    private long rowsWritten(WriteSession session) throws SQLException {
        session.begin();
        long rows = session.ask(scans::rowsWritten);
        session.commit();
        return rows;
    }

    private List<Scans.Scan> open(WriteSession session) throws SQLException {
        session.begin();
        List<Scans.Scan> open = session.ask(scans::all).stream()
                .filter(scan -> scan.state() != Scans.State.DONE)
                .toList();
        session.commit();
        return open;
    }

    private void scan(List<WriteSession> sessions, Scans.Scan scan) throws SQLException, InterruptedException {
        WriteSession first = sessions.get(0);
        while (true) {
            first.begin();
            Optional<TableScan.Heap> heap = TableScan.Heap.read(first.connection(), scan.leaf());
            first.commit();
            if (heap.isEmpty()) {
                finish(first, scan);
                return;
            }
            Scans.Scan begun = begin(first, scan, heap.get());
            TableScan work = new TableScan(
                    name, mapping, begun, begun.relfilenode(), begun.endBlock().orElseThrow(), agents, progress);
            try {
                drive(sessions, work);
                while (work.retryHeld(first)) {
                    pauseOrStop(Duration.ofMillis(100));
                }
                finish(first, scan);
                return;
            } catch (TableScan.Rewritten e) {
                log.info("{} was rewritten; its scan starts again", scan.leaf());
            }
        }
    }

    private Scans.Scan begin(WriteSession session, Scans.Scan scan, TableScan.Heap heap) throws SQLException {
        session.begin();
        Scans.Scan stored = same(session.ask(scans::all), scan);
        if (stored.endBlock().isEmpty() || stored.relfilenode() != heap.file()) {
            session.tell(handle -> scans.start(handle, scan, heap.file(), heap.blocks()));
            stored = same(session.ask(scans::all), scan);
        }
        session.commit();
        return stored;
    }

    private static Scans.Scan same(List<Scans.Scan> all, Scans.Scan scan) {
        return all.stream()
                .filter(s -> s.gapId() == scan.gapId() && s.leaf().equals(scan.leaf()))
                .findFirst()
                .orElseThrow();
    }

    private void drive(List<WriteSession> sessions, TableScan work)
            throws SQLException, InterruptedException, TableScan.Rewritten {
        ExecutorService threads = Executors.newFixedThreadPool(sessions.size());
        try {
            List<Future<Void>> running = new ArrayList<>();
            for (WriteSession session : sessions) {
                running.add(threads.submit(() -> {
                    TimedSize size = new TimedSize(batch, FIRST_BLOCKS, MOST_BLOCKS);
                    Duration took = Duration.ZERO;
                    do {
                        brake.step(took);
                        long began = System.nanoTime();
                        if (stop.requested() || !work.step(session, size)) {
                            return null;
                        }
                        took = Duration.ofNanos(System.nanoTime() - began);
                    } while (true);
                }));
            }
            for (Future<Void> one : running) {
                await(one);
            }
        } finally {
            threads.shutdown();
        }
        if (stop.requested()) {
            throw new InterruptedException("stopped");
        }
    }

    private static void await(Future<Void> worker) throws SQLException, InterruptedException, TableScan.Rewritten {
        try {
            worker.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof SQLException sql) {
                throw sql;
            }
            if (cause instanceof TableScan.Rewritten rewritten) {
                throw rewritten;
            }
            if (cause instanceof InterruptedException stopped) {
                throw stopped;
            }
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IllegalStateException(cause);
        }
    }

    private void finish(WriteSession session, Scans.Scan scan) throws SQLException {
        session.begin();
        session.tell(handle -> scans.finish(handle, scan));
        session.commit();
    }

    private void pauseOrStop(Duration time) throws InterruptedException {
        if (stop.pause(time)) {
            throw new InterruptedException("stopped");
        }
    }

    /** The leaves to scan, by mapped table: one row of state each. */
    public static Map<TableName, List<TableName>> leaves(Mapping mapping) {
        Map<TableName, List<TableName>> leaves = new HashMap<>();
        mapping.tables().forEach(t -> leaves.put(t.table(), t.leaves()));
        return leaves;
    }
}
