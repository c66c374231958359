package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Cutover;
import dev.lockstep.cutover.TurnReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cutover}: 0 when the agent columns lead and every row is in step with them, 1 when the gate is closed. */
@Command(
        name = "cutover",
        description = "Has the agent columns lead, once nothing speaks against it; run again, it goes on where it was.")
final class CutoverCommand extends TurnCommand {

    @Option(names = "--dry-run", description = "Only say what would be done, and what blocks it.")
    private boolean dryRun;

    CutoverCommand(CliContext context) {
        super(context);
    }

    @Override
    TurnReport run(LockstepConfig config, Turn turn) throws Exception {
        Cutover cutover = turn.cutover();
        return dryRun ? cutover.dryRun() : cutover.run();
    }

    @Override
    int exitCode(TurnReport report) {
        return dryRun ? report.blockers().isEmpty() ? 0 : 1 : super.exitCode(report);
    }
}
