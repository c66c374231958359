package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.expand.EfCoreMigration;
import dev.lockstep.expand.ExpandScript;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.expand.UniqueVectors;
import dev.lockstep.sql.ExpandStep;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code expand}: adds what {@code run} needs, and nothing that is there already; or prints how. */
@Command(name = "expand", description = "Adds Agents, the derived columns, publication, slot and control schema.")
final class ExpandCommand implements Callable<Integer> {

    private final CliContext context;

    @Option(names = "--print", description = "Write what would be done to stdout; touch nothing.")
    private boolean print;

    @Option(
            names = "--format",
            paramLabel = "sql|efcore",
            description = "With --print: for psql, or an EF Core migration.")
    private ScriptFormat format = ScriptFormat.sql;

    @Option(
            names = "--unique-vectors",
            description =
                    "Afterwards, once vectors are in step: let no two have the same agent, conversation and hash.")
    private boolean uniqueVectors;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    ExpandCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        if (print && uniqueVectors) {
            throw new ParameterException(spec.commandLine(), "--unique-vectors does not go with --print");
        }
        if (!print && format != ScriptFormat.sql) {
            throw new ParameterException(spec.commandLine(), "--format goes with --print");
        }
        LockstepConfig config = context.config();
        if (uniqueVectors) {
            return uniqueVectors(config);
        }
        Expander expander = new Expander(
                context.database(config),
                config.name(),
                config.mapping(),
                Patience.DEFAULT,
                Sleeper.real(),
                new Random());
        if (print) {
            String script = script(config.name(), expander.plan());
            context.output().show(Map.of("script", script), out -> out.print(script));
            return 0;
        }
        List<String> done = expander.expand();
        new RehearsalFile(context.configFile(), config.name()).keep(context.database(config));
        context.output().show(Map.of("done", done), out -> {
            done.forEach(title -> out.println("  done  " + title));
            out.println(done.isEmpty() ? "nothing to do: everything is there" : "expanded; next: lockstep run");
        });
        return 0;
    }

    private int uniqueVectors(LockstepConfig config) {
        UniqueVectors.Outcome outcome = new UniqueVectors(
                        context.database(config),
                        config.name(),
                        config.mapping(),
                        Patience.DEFAULT,
                        Sleeper.real(),
                        new Random())
                .build();
        context.output().show(outcome, out -> {
            outcome.done().forEach(title -> out.println("  done  " + title));
            outcome.duplicates()
                    .forEach(
                            (table, rows) -> out.println(
                                    table + ": " + rows
                                            + " vectors have the agent, conversation and hash of another one; delete them, then run it again"));
        });
        return outcome.duplicates().isEmpty() ? 0 : 1;
    }

    private String script(String name, List<ExpandStep> steps) {
        return switch (format) {
            case sql -> ExpandScript.psql(name, steps, Patience.DEFAULT);
            case efcore -> EfCoreMigration.render(name, steps, Patience.DEFAULT);
        };
    }
}
