package dev.lockstep.cli;

import dev.lockstep.check.CheckReport;
import dev.lockstep.check.ServerCheck;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.journal.JournalCheck;
import dev.lockstep.run.StoreAdapters;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code check}: 0 when lockstep can work on this database, 1 when an error finding stands in the way. */
@Command(name = "check", description = "Tells whether this database and this role are ready, and what to do if not.")
final class CheckCommand implements Callable<Integer> {

    private final CliContext context;

    CheckCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        CheckReport report = ServerCheck.run(
                context.database(config), config, new StoreAdapters(), JournalCheck.all(config.kafka()));
        context.output().show(report.json(), report::print);
        return report.ok() ? 0 : 1;
    }
}
