package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.demo.Turns;
import dev.lockstep.model.StopSignal;

/** The commands that turn and end, for the demo. */
record DemoTurns(StopSignal stop) implements Turns {

    @Override
    public TurnReport cutover(LockstepConfig config, Database database) throws Exception {
        try (Turn turn = new Turn(config, database, stop, false)) {
            return turn.cutover().run();
        }
    }

    @Override
    public TurnReport revert(LockstepConfig config, Database database) throws Exception {
        try (Turn turn = new Turn(config, database, stop, false)) {
            return turn.revert().run();
        }
    }

    @Override
    public TurnReport contract(LockstepConfig config, Database database) throws Exception {
        return new RehearsalTurns(false, stop).contract(config, database);
    }
}
