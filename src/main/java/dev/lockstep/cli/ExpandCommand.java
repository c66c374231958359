package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code expand}: adds what {@code run} needs, and nothing that is there already. */
@Command(name = "expand", description = "Adds Agents, the derived columns, publication, slot and control schema.")
final class ExpandCommand implements Callable<Integer> {

    private final CliContext context;

    ExpandCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        List<String> done = new Expander(
                        context.database(config),
                        config.name(),
                        config.mapping(),
                        Patience.DEFAULT,
                        Sleeper.real(),
                        new Random())
                .expand();
        context.output().show(Map.of("done", done), out -> {
            done.forEach(title -> out.println("  done  " + title));
            out.println(done.isEmpty() ? "nothing to do: everything is there" : "expanded; next: lockstep run");
        });
        return 0;
    }
}
