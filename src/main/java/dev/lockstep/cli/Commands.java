package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Every sub-command, in the order of the help. */
final class Commands {

    private Commands() {}

    static List<Callable<Integer>> all(CliContext context) {
        List<Callable<Integer>> commands = new ArrayList<>();
        commands.add(new DemoCommand(context));
        commands.add(new DemoLegacyCommand(context));
        commands.add(new CheckCommand(context));
        commands.add(new ExpandCommand(context));
        commands.add(new BackfillCommand(context));
        commands.add(new RunCommand(context));
        commands.add(new VerifyCommand(context));
        commands.add(new StatusCommand(context));
        commands.add(new ThrottleCommand(context));
        commands.add(new SavepointCommand(context));
        commands.add(new ReplayCommand(context));
        commands.add(new DeadLettersCommand(context));
        commands.add(new CensusCommand(context));
        commands.add(new RehearseCommand(context));
        commands.add(new CutoverCommand(context));
        commands.add(new EvidenceCommand(context));
        commands.add(new RevertCommand(context));
        commands.add(new ContractCommand(context));
        return commands;
    }
}
