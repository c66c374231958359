package dev.lockstep.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** Every sub-command, in the order of the help. */
final class Commands {

    private Commands() {}

    static Map<String, Function<CliContext, Callable<Integer>>> all() {
        Map<String, Function<CliContext, Callable<Integer>>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand::new);
        commands.put("demo-legacy", DemoLegacyCommand::new);
        commands.put("check", CheckCommand::new);
        commands.put("expand", ExpandCommand::new);
        commands.put("backfill", BackfillCommand::new);
        commands.put("run", RunCommand::new);
        commands.put("verify", VerifyCommand::new);
        commands.put("status", StatusCommand::new);
        commands.put("throttle", ThrottleCommand::new);
        commands.put("savepoint", SavepointCommand::new);
        commands.put("replay", ReplayCommand::new);
        commands.put("dead-letters", DeadLettersCommand::new);
        commands.put("census", CensusCommand::new);
        commands.put("rehearse", RehearseCommand::new);
        commands.put("cutover", CutoverCommand::new);
        commands.put("evidence", EvidenceCommand::new);
        commands.put("revert", RevertCommand::new);
        commands.put("contract", ContractCommand::new);
        return commands;
    }

    /** Those that this command line can mean: picocli takes longer to describe all of them than most of them take. */
    static List<Callable<Integer>> of(CliContext context, String... args) {
        Map<String, Function<CliContext, Callable<Integer>>> all = all();
        Function<CliContext, Callable<Integer>> first = args.length == 0 ? null : all.get(args[0]);
        return (first == null ? List.copyOf(all.values()) : List.of(first))
                .stream()
                        .<Callable<Integer>>map(command -> command.apply(context))
                        .toList();
    }
}
