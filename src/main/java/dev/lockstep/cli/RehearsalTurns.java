package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.rehearse.Turns;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;

/** The commands that verify, turn and end, for a rehearsal. */
record RehearsalTurns(boolean dropColumns, StopSignal stop) implements Turns {

    @Override
    public VerifyReport verify(LockstepConfig config, Database database) throws Exception {
        Expanded expanded = Expanded.read(database, config, "verify");
        return VerifyCommand.verifier(config, database, expanded.mapping(), stop)
                .reading(Gate.READ_KEYS)
                .run(Verifier.Repair.NONE);
    }

    @Override
    public TurnReport cutover(LockstepConfig config, Database database) throws Exception {
        return new DemoTurns(stop).cutover(config, database);
    }

    @Override
    public TurnReport contract(LockstepConfig config, Database database) throws Exception {
        try (Turn turn = new Turn(config, database, stop, true);
                Connection connection = database.open("turn")) {
            return turn.contract(dropColumns).run(connection.getCatalog());
        }
    }
}
