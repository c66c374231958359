package dev.lockstep.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** One command line: parsed, run, and whatever it ends with turned into an exit code. */
final class CommandRunner {

    private final RootCommand root = new RootCommand();
    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final Output output;
    private final CliContext context;
    private final Subcommands commands;

    /** Which there are for a command line. */
    interface Subcommands {
        List<Callable<Integer>> of(CliContext context, String... args);
    }

    CommandRunner(Subcommands commands, Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.output = new Output(() -> root.output, out);
        this.context = new CliContext(root, environment, output, err);
        this.commands = commands;
    }

    int run(String... args) {
        ExitPolicy policy = new ExitPolicy(output, err);
        try {
            LogSettings.validate(environment);
            return commandLine(policy, args).execute(args);
        } catch (Throwable e) { // the top of the thread: an Error ends as one line, too
            return policy.fail(e);
        }
    }

    private CommandLine commandLine(ExitPolicy policy, String... args) {
        CommandLine line = new CommandLine(root);
        commands.of(context, args).forEach(line::addSubcommand);
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler(policy);
        line.setExecutionExceptionHandler(policy);
        return line;
    }
}
