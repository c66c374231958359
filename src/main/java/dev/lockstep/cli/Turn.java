package dev.lockstep.cli;

import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Contract;
import dev.lockstep.cutover.Cutover;
import dev.lockstep.cutover.GateReader;
import dev.lockstep.cutover.Revert;
import dev.lockstep.cutover.Turning;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PlanRun;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Direction;
import dev.lockstep.model.StopSignal;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.state.Fence;
import dev.lockstep.verify.RowRepair;
import dev.lockstep.verify.StoreRepair;
import dev.lockstep.verify.Verifier;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Wires what {@code cutover}, {@code revert} and {@code contract} work with; closes the sessions that repair. */
final class Turn implements AutoCloseable {

    private static final int WORKERS = 2;
    private static final int SCAN_SEAT = Fence.TURN_SEAT;
    private static final int REPAIR_SEAT = Fence.TURN_SEAT + 1;
    private static final int FILL_SEAT = Fence.TURN_SEAT + 2;

    private final LockstepConfig config;
    private final Database database;
    private final Expanded expanded;
    private final StopSignal stop;
    private final Patience patience;
    private final List<WriteSession> sessions = new ArrayList<>();

    /** @param evenOver whether it may be when the migration is over: no session of ours that writes, and makes its origin, then */
    Turn(LockstepConfig config, Database database, StopSignal stop, boolean evenOver) throws SQLException {
        this(config, database, stop, evenOver, Patience.DEFAULT);
    }

    /** @param patience with the locks of others */
    Turn(LockstepConfig config, Database database, StopSignal stop, boolean evenOver, Patience patience)
            throws SQLException {
        this.patience = patience;
        this.config = config;
        this.database = database;
        this.stop = stop;
        this.expanded = Expanded.read(database, config, "turn", evenOver);
    }

    Cutover cutover() throws SQLException {
        return new Cutover(turning(), config.cutover(), gate());
    }

    Revert revert() throws SQLException {
        Verifier.Repair filling = repair(open("turn-fill", FILL_SEAT).asIf(Direction.AGENT_LEADS));
        return new Revert(turning(), filling);
    }

    /** Without a session of ours that would keep an origin. */
    Contract contract(boolean dropColumns) {
        return new Contract(turning(Verifier.Repair.NONE), config.cutover(), gate(), dropColumns);
    }

    GateReader gate() {
        PostBackfill indexes = new PostBackfill(
                database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
        return new GateReader(config.name(), indexes::unbuilt, config.run().heartbeat());
    }

    /** With a session that repairs. */
    Turning turning() throws SQLException {
        return turning(repair(open("turn-repair", REPAIR_SEAT)));
    }

    private Turning turning(Verifier.Repair repair) {
        return new Turning(
                database,
                config.name(),
                expanded.mapping(),
                new PlanRun(database, "turn", patience, Sleeper.real(), new Random()),
                this::scan,
                new Verifier(
                        database,
                        config.name(),
                        expanded.mapping(),
                        WORKERS,
                        new StoreAdapters(),
                        config.stores(),
                        Brake.NONE,
                        stop),
                repair,
                stop);
    }

    private WriteSession open(String role, int seat) throws SQLException {
        WriteSession session = WriteSession.open(database, config.name(), role, seat, expanded.epoch());
        sessions.add(session);
        return session;
    }

    private Verifier.Repair repair(WriteSession session) {
        return new StoreRepair(
                new RowRepair(session, config.name(), expanded.mapping(), stop),
                session,
                config.name(),
                expanded.mapping(),
                config.stores(),
                new StoreAdapters(),
                expanded.epoch(),
                stop);
    }

    private long scan() throws SQLException, InterruptedException {
        return new ScanRunner(
                        config.name(),
                        expanded.mapping(),
                        new AgentCache(),
                        worker -> WriteSession.open(
                                database, config.name(), "turn-scan", SCAN_SEAT + worker, expanded.epoch()),
                        config.backfill().batch(),
                        1,
                        Brake.NONE,
                        (leaf, done, total, rows) -> {},
                        stop)
                .run();
    }

    @Override
    public void close() {
        sessions.forEach(WriteSession::close);
    }
}
