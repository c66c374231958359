package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import picocli.CommandLine.Command;

/** {@code revert}: 0 when the persona columns lead again and every row is in step with them. */
@Command(
        name = "revert",
        description = "Has the persona columns lead again, losing nothing; possible until `contract`.")
final class RevertCommand extends TurnCommand {

    RevertCommand(CliContext context) {
        super(context);
    }

    @Override
    TurnReport run(LockstepConfig config, Turn turn) throws Exception {
        return turn.revert().run();
    }
}
