package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import java.io.PrintStream;
import java.util.concurrent.Callable;

/** What {@code cutover}, {@code revert} and {@code contract} have in common. */
abstract class TurnCommand implements Callable<Integer> {

    private final CliContext context;

    TurnCommand(CliContext context) {
        this.context = context;
    }

    abstract TurnReport run(LockstepConfig config, Turn turn) throws Exception;

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        Database database = context.database(config);
        StopSignal stop = new StopSignal();
        TurnReport report;
        try (StopOnSignal signal = new StopOnSignal(stop);
                Turn turn = new Turn(config, database, stop, evenOver())) {
            signal.exitCode(3);
            report = run(config, turn);
        }
        context.output().show(report, out -> print(report, out));
        return exitCode(report);
    }

    /** Whether there is something to do when the migration is over. */
    boolean evenOver() {
        return false;
    }

    int exitCode(TurnReport report) {
        return report.turned() ? 0 : 1;
    }

    private static void print(TurnReport report, PrintStream out) {
        report.steps().forEach(step -> out.println("  " + step));
        report.notes().forEach(note -> out.println("note: " + note));
        if (!report.blockers().isEmpty()) {
            out.println("the gate is closed:");
            report.blockers().forEach(blocker -> out.println("  " + blocker.line()));
        }
        if (report.verification() != null && !report.verification().clean()) {
            out.println("rows are out of step: `lockstep verify` names them");
        }
        out.println("phase " + report.phase());
    }
}
