package dev.lockstep.demo;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;

/** What the commands of the same names do; whoever runs the demo has them. */
public interface Turns {

    TurnReport cutover(LockstepConfig config, Database database) throws Exception;

    TurnReport revert(LockstepConfig config, Database database) throws Exception;

    /** Without the columns. */
    TurnReport contract(LockstepConfig config, Database database) throws Exception;
}
