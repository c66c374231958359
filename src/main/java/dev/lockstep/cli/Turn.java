package dev.lockstep.cli;

import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.config.LockstepConfig;
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
import java.util.Random;

/** Wires what {@code cutover} and {@code revert} turn with; closes the sessions that repair. */
final class Turn implements AutoCloseable {

    private static final int WORKERS = 2;
    private static final int SCAN_SEAT = Fence.TURN_SEAT;
    private static final int REPAIR_SEAT = Fence.TURN_SEAT + 1;
    private static final int FILL_SEAT = Fence.TURN_SEAT + 2;

    private final LockstepConfig config;
    private final Database database;
    private final Expanded expanded;
    private final StopSignal stop;
    private final WriteSession repairing;
    private final WriteSession filling;

    Turn(LockstepConfig config, Database database, StopSignal stop) throws SQLException {
        this.config = config;
        this.database = database;
        this.stop = stop;
        this.expanded = Expanded.read(database, config, "turn");
        this.repairing = WriteSession.open(database, config.name(), "turn-repair", REPAIR_SEAT, expanded.epoch());
        this.filling = WriteSession.open(database, config.name(), "turn-fill", FILL_SEAT, expanded.epoch())
                .asIf(Direction.AGENT_LEADS);
    }

    PostBackfill indexes() {
        return new PostBackfill(
                database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
    }

    Turning turning() {
        return new Turning(
                database,
                config.name(),
                expanded.mapping(),
                new PlanRun(database, "turn", Patience.DEFAULT, Sleeper.real(), new Random()),
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
                repair(repairing),
                stop);
    }

    /** Mends rows as if the agent column led. */
    Verifier.Repair fill() {
        return repair(filling);
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
        repairing.close();
        filling.close();
    }
}
