package dev.lockstep.sync;

import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.RowDeriver;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Positions;
import dev.lockstep.state.Progress;
import dev.lockstep.sync.Lanes.Work;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies batches of changes. When {@link #apply} returns, every row of the batch is in step, set aside as a dead letter,
 * or held because a writer has it locked; what it returns is never past a row that is held.
 *
 * <p>Errors of the server or the network are retried for ever, with growing pauses, until the stop signal; what is not
 * known to be safe stops. Thread-safe; one call at a time does the work.
 */
public final class Synchronizer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Synchronizer.class);

    private static final Duration HELD_EVERY = Duration.ofMillis(100);
    private static final Duration LETTERS_EVERY = Duration.ofSeconds(1);

    private final Mapping mapping;
    private final LaneSessions lanes;
    private final Map<TableName, RowDeriver> derivers = new LinkedHashMap<>();
    private final AgentCache cache;
    private final AgentMaker agents;
    private final LaneWork rows;
    private final PositionDesk position;
    private final RowsToDo todo;
    private final LetterDesk letters;
    private final VectorDesk vectors;
    private final StoreTeller stores;
    private final SyncMeter meter;
    private final ChangeLog changes;
    private final Retries retries;

    private final HeldRows held = new HeldRows();
    private long batches;
    private long heldTriedAt = System.nanoTime();
    private long lettersTriedAt = System.nanoTime() - LETTERS_EVERY.toNanos();
    private @Nullable LostWork lost;

    /** Whether a row is passed over because its change says that it is in step. */
    public enum Hints {
        /** A later change of the row, or of its agent, brings a change of its own. */
        TRUSTED,
        /** Changes are old, and rows may have drifted since. */
        IGNORED
    }

    /**
     * Of the stream.
     *
     * @param name the configured name
     * @param start the stored position
     * @param changes closed with this
     */
    public Synchronizer(
            String name,
            Mapping mapping,
            LaneSessions lanes,
            AgentCache cache,
            Lsn start,
            SyncMeter meter,
            ChangeLog changes,
            StopSignal stop) {
        this(name, mapping, lanes, cache, start, new Positions(name), Hints.TRUSTED, meter, changes, stop);
    }

    /**
     * @param name the configured name
     * @param start the stored position
     * @param positions where it is kept
     * @param changes closed with this
     */
    public Synchronizer(
            String name,
            Mapping mapping,
            LaneSessions lanes,
            AgentCache cache,
            Lsn start,
            Progress positions,
            Hints hints,
            SyncMeter meter,
            ChangeLog changes,
            StopSignal stop) {
        this.mapping = mapping;
        this.lanes = lanes;
        this.cache = cache;
        this.agents = new AgentMaker(mapping, cache);
        this.position = new PositionDesk(positions, mapping, start);
        this.todo = new RowsToDo(mapping, cache, held, hints);
        DeadLetters stored = new DeadLetters(name);
        this.letters = new LetterDesk(stored);
        this.vectors = new VectorDesk(name, mapping);
        this.retries = new Retries(lanes, stop);
        this.stores = new StoreTeller(new StoreDesk(name, mapping), lanes, retries);
        this.meter = meter;
        this.changes = changes;
        mapping.tables().forEach(t -> derivers.put(t.table(), new RowDeriver(mapping, t, stored)));
        this.rows = new LaneWork(derivers, agents);
    }

    /**
     * Applies one batch.
     *
     * @return the stored position: everything committed at or before it is done. It may lie before this batch's boundary
     * @throws LostWork when batches before this one have to come again, too; every later call throws it as well
     * @throws LockstepException when an error is not known to be safe to go on with, or another process has taken over
     * @throws InterruptedException when interrupted or stopped; the batch is to be delivered again
     */
    public Lsn apply(Batch batch) throws InterruptedException {
        long started = System.nanoTime();
        changes.append(batch);
        Derived derived = derive(batch);
        changes.settle(); // held rows and dead letters go on while it waits
        return close(batch, derived, started);
    }

    /** A batch whose rows are in step, set aside or held. */
    private record Derived(long number, Watermark.@Nullable Boundary boundary) {}

    private synchronized Derived derive(Batch batch) throws InterruptedException {
        if (lost != null) {
            throw lost;
        }
        long number = ++batches;
        BatchPlan plan = BatchPlan.of(batch, mapping);
        Watermark.Boundary boundary = position.boundary(batch);
        Watermark.Boundary withTheRows = changes == ChangeLog.NONE ? boundary : null; // the log may not have it yet
        run("applying changes", () -> work(plan, number, withTheRows));
        return new Derived(number, boundary);
    }

    private synchronized Lsn close(Batch batch, Derived derived, long started) throws InterruptedException {
        if (derived.boundary() != null) {
            // only now: a batch that failed comes again, cut in other places
            position.closed(derived.number(), derived.boundary());
        }
        if (position.due()) {
            run("storing the position", this::persist);
        }
        meter.applied(batch, Duration.ofNanos(System.nanoTime() - started), held.size());
        meter.inStep(inStep(batch));
        if (held.size() > 0 && elapsed(heldTriedAt, HELD_EVERY)) {
            run("retrying held rows", this::retryHeld);
        }
        return position.durable();
    }

    /** The commits of its changes, but of those that wait for a writer or were set aside. */
    private List<Instant> inStep(Batch batch) {
        List<Instant> commits = new ArrayList<>(batch.changes().size());
        for (RowChange change : batch.changes()) {
            if (held.contains(change.table(), change.key())) {
                held.committed(change.table(), change.key(), change.commitTime());
            } else if (!letters.holds(change.table(), change.key())) {
                commits.add(change.commitTime());
            }
        }
        return commits;
    }

    private void run(String what, Retries.Step step) throws InterruptedException {
        try {
            retries.run(what, step);
        } catch (LostWork e) {
            lost = e;
            throw e;
        }
    }

    /**
     * What is due between batches: held rows, dead letters, the stored position. Call it some ten times a second. When work
     * was lost it does nothing any more: the next batch says so.
     */
    public synchronized void tick() throws InterruptedException {
        try {
            if (lost == null) {
                due();
            }
        } catch (LostWork e) {
            log.debug("whoever applies batches is told", e);
        }
    }

    private void due() throws InterruptedException {
        if (held.size() > 0 && elapsed(heldTriedAt, HELD_EVERY)) {
            run("retrying held rows", this::retryHeld);
        }
        if (elapsed(lettersTriedAt, LETTERS_EVERY)) { // a scan sets rows aside, too, and does not tell
            run("looking for dead letters", this::retryLetters);
        }
        if (vectors.sweepDue()) {
            run("sweeping vectors", () -> vectors.sweep(lanes.get(0), rederive(batches)));
        }
        run("storing the position", this::persist);
    }

    /** Whether vectors may be out of step until the next sweep. */
    public synchronized boolean sweepWaits() {
        return vectors.waiting();
    }

    /** The stored position. */
    public synchronized Lsn durable() {
        return position.durable();
    }

    /** Rows that wait because a writer holds them. */
    public synchronized int heldRows() {
        return held.size();
    }

    /** Which rows these are, by table. */
    public synchronized Map<TableName, List<RowKey>> held() {
        Map<TableName, List<RowKey>> waiting = new LinkedHashMap<>();
        if (held.size() > 0) {
            derivers.keySet().forEach(table -> waiting.put(table, held.of(table)));
        }
        return waiting;
    }

    /** Rows may have been changed, and their changes applied, by others meanwhile: nothing is known of them any more. */
    public synchronized void reassigned() {
        cache.clear();
        stores.forget();
    }

    /** Forgets what is in memory; nothing is written. The sessions are closed. */
    @Override
    public synchronized void close() {
        lanes.close();
        changes.close();
    }

    private void work(BatchPlan plan, long number, Watermark.@Nullable Boundary boundary)
            throws SQLException, InterruptedException {
        plan.truncated().forEach(held::clear);
        plan.gone().forEach(held::done);
        if (plan.forgetsAgents(mapping.agents().table())) {
            cache.clear();
        }
        RowsByTable changes = plan.changes();
        boolean follow = vectors.concerns(changes);
        boolean tell = stores.concerns(plan);
        boolean nothing = !tell
                && !follow
                && !agentsEmptied(plan)
                && plan.rows().values().stream().allMatch(Map::isEmpty)
                && plan.personas().isEmpty()
                && plan.agentsChanged().isEmpty();
        if (letters.any()) {
            letters.settle(lanes.get(0), plan); // first: a row set aside below may be newer than a TRUNCATE here
        }
        if (!nothing) {
            awaitVisible(lanes.get(0), plan.transactions());
            if (tell) { // before the position can move, and not before its keeper can see what it is told
                lanes.get(0).rollback();
                stores.changed(plan);
                lanes.get(0).begin();
            }
            derive(plan, follow ? changes : null, number, boundary);
            for (Map.Entry<TableName, Map<RowKey, BatchPlan.Hint>> rows :
                    plan.rows().entrySet()) {
                stores.derived(rows.getKey(), rows.getValue().keySet());
            }
        }
    }

    /**
     * Lane 0 is in a transaction that sees everything.
     *
     * @param followed the changes, if vectors follow them
     */
    private void derive(
            BatchPlan plan, @Nullable RowsByTable followed, long number, Watermark.@Nullable Boundary boundary)
            throws SQLException, InterruptedException {
        WriteSession first = lanes.get(0);
        Map<String, AgentMaker.Refusal> impossible = Map.of();
        boolean began = true;
        List<String> unknown =
                plan.personas().stream().filter(p -> cache.agentOf(p).isEmpty()).toList();
        if (!unknown.isEmpty() || !plan.agentsChanged().isEmpty() || agentsEmptied(plan)) {
            first.rollback();
            began = false;
            if (agentsEmptied(plan)) {
                agents.ensureAll(first);
            }
            impossible = agents.ensure(first, unknown).impossible();
            followAgents(plan, number);
        }
        List<Map<TableName, Work>> split = Lanes.split(todo.rows(plan), lanes.count());
        if (split.size() == 1 && impossible.isEmpty() && followed == null) {
            if (!began) {
                first.begin();
            }
            single(first, split.get(0), number, boundary);
            return;
        }
        if (began) {
            first.rollback(); // it only looked
        }
        Map<String, AgentMaker.Refusal> refused = impossible;
        List<LaneOutcome> outcomes = lanes.each(
                split,
                (session, work) ->
                        refused.isEmpty() ? rows.lane(session, work) : rows.carefully(session, work, refused));
        for (LaneOutcome outcome : outcomes) {
            settle(outcome, number);
        }
        if (followed != null && vectors.open(first)) {
            for (LaneOutcome outcome : lanes.each(Lanes.split(todo.vectors(plan), lanes.count()), rows::lane)) {
                settle(outcome, number);
            }
            vectors.follow(first, followed, rederive(number));
        }
    }

    /** What a rederivation leaves over is held for batch {@code number}. */
    private VectorDesk.Rederive rederive(long number) {
        return (table, keys) -> settle(rows.rederive(lanes.get(0), Map.of(table, keys)), number);
    }

    private void single(
            WriteSession session, Map<TableName, Work> work, long number, Watermark.@Nullable Boundary boundary)
            throws SQLException {
        LaneOutcome outcome = new LaneOutcome();
        Watermark.@Nullable Boundary stored = null;
        try {
            rows.fast(session, work, outcome);
            if (outcome.orphans().isEmpty() && position.due()) {
                stored = boundary != null && held.size() == 0 ? boundary : position.safe(held.oldestBatch());
                if (stored != null) {
                    position.store(session.connection(), stored, outcome.total());
                }
            }
            session.commit();
        } catch (SQLException e) {
            settle(rows.afterFailure(session, work, e), number);
            return;
        }
        settle(outcome, number);
        if (stored != null) {
            stored(stored);
        }
    }

    private void settle(LaneOutcome outcome, long number) throws SQLException {
        outcome.written().forEach((table, count) -> {
            position.wrote(count);
            meter.derived(table, count);
        });
        outcome.held().forEach((table, keys) -> held.hold(table, keys, number));
        outcome.setAside().forEach((table, keys) -> {
            letters.added(table, keys);
            log.warn("{}: {} rows cannot be derived and were set aside; see `lockstep status`", table, keys.size());
        });
        if (!outcome.orphans().isEmpty()) {
            cache.clear(); // an agent it knew is gone
            settle(rows.rederive(lanes.get(0), outcome.orphans()), number);
        }
    }

    /** An agent was changed or removed by somebody else: its rows follow, wherever they are. */
    private void followAgents(BatchPlan plan, long number) throws SQLException {
        BatchPlan.AgentChanges changes = plan.agentsChanged();
        boolean emptied = agentsEmptied(plan);
        if (changes.isEmpty() && !emptied) {
            return;
        }
        WriteSession session = lanes.get(0);
        for (RowDeriver deriver : derivers.values()) {
            TableName table = deriver.table().table();
            if (!vectors.holds(table) || vectors.open(session)) {
                AgentFollower follower = new AgentFollower(mapping, deriver.table(), session.direction());
                KeyQuery query = emptied ? follower.query() : follower.query(changes);
                VectorDesk.drain(session, table, query, rederive(number));
            }
        }
    }

    private boolean agentsEmptied(BatchPlan plan) {
        return plan.truncated().contains(mapping.agents().table());
    }

    private void retryHeld() throws SQLException, InterruptedException {
        heldTriedAt = System.nanoTime();
        for (TableName table : derivers.keySet()) {
            List<RowKey> keys = held.of(table);
            if (!keys.isEmpty()) {
                LaneOutcome outcome = rows.rederive(lanes.get(0), Map.of(table, keys));
                Set<RowKey> free = new HashSet<>(keys);
                outcome.held().getOrDefault(table, List.of()).forEach(free::remove);
                held.done(table, outcome.setAside().getOrDefault(table, List.of()));
                meter.inStep(held.done(table, free));
                settle(outcome, Long.MAX_VALUE);
                followLate(table, free);
            }
        }
    }

    /** Messages that could only be derived now: a vector may be tied by their hash. */
    private void followLate(TableName table, Collection<RowKey> keys) throws SQLException, InterruptedException {
        stores.derived(table, Set.copyOf(keys));
        RowsByTable late = new RowsByTable(Map.of(table, Set.copyOf(keys)), Map.of(), Set.of(), Set.of());
        if (!keys.isEmpty() && !vectors.holds(table) && vectors.concerns(late) && vectors.open(lanes.get(0))) {
            vectors.follow(lanes.get(0), late, rederive(batches));
        }
    }

    private void retryLetters() throws SQLException, InterruptedException {
        lettersTriedAt = System.nanoTime();
        WriteSession session = lanes.get(0);
        for (Map.Entry<TableName, List<RowKey>> entry : letters.due(session).entrySet()) {
            TableName table = entry.getKey();
            if (derivers.containsKey(table)) {
                LaneOutcome outcome = rows.rederive(session, Map.of(table, entry.getValue()));
                List<RowKey> fine = new ArrayList<>(entry.getValue());
                fine.removeAll(outcome.setAside().getOrDefault(table, List.of()));
                fine.removeAll(outcome.held().getOrDefault(table, List.of())); // still a letter, and due soon
                fine.removeAll(outcome.orphans().getOrDefault(table, List.of()));
                outcome.held().clear();
                settle(outcome, Long.MAX_VALUE);
                followLate(table, fine);
                letters.mended(session, table, fine);
            }
        }
    }

    private void persist() throws SQLException {
        Watermark.Boundary safe = position.safe(held.oldestBatch());
        if (safe == null) {
            return;
        }
        WriteSession session = lanes.get(0);
        session.begin();
        position.store(session.connection(), safe, 0);
        session.commit();
        stored(safe);
    }

    /** By a commit that waited for the disk. */
    private void stored(Watermark.Boundary boundary) {
        position.stored(boundary);
        lanes.flushed();
    }

    /** Leaves {@code session} in a transaction whose first statement saw every one of the transactions (FACTS 1). */
    private void awaitVisible(WriteSession session, Collection<Long> transactions)
            throws SQLException, InterruptedException {
        Duration pause = Duration.ofMillis(1);
        while (!transactions.stream().allMatch(session.begin()::sees)) {
            session.rollback();
            retries.pause(pause);
            pause = pause.multipliedBy(2).compareTo(Duration.ofMillis(20)) < 0 ? pause.multipliedBy(2) : pause;
        }
    }

    private static boolean elapsed(long since, Duration time) {
        return System.nanoTime() - since >= time.toNanos();
    }
}
