package dev.lockstep.rehearse;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.verify.VerifyReport;

/** What the commands of the same names do; whoever rehearses has them. */
public interface Turns {

    VerifyReport verify(LockstepConfig config, Database database) throws Exception;

    TurnReport cutover(LockstepConfig config, Database database) throws Exception;

    TurnReport contract(LockstepConfig config, Database database) throws Exception;
}
