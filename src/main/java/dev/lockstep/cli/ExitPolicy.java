package dev.lockstep.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one place where a failure becomes a line on stderr and an exit code. */
final class ExitPolicy implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ExitPolicy.class);

    private final Output output;
    private final PrintStream err;

    ExitPolicy(Output output, PrintStream err) {
        this.output = output;
        this.err = err;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        return fail(new Failure(CommandLine.ExitCode.USAGE, wrongCommandLine(e)));
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
        return e instanceof ParameterException wrong ? handleParseException(wrong, new String[0]) : fail(e);
    }

    int fail(Throwable e) {
        LOG.debug("the command failed", e);
        return fail(Failure.of(e));
    }

    private int fail(Failure failure) {
        err.println("lockstep: " + failure.line());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("error", failure.line());
        json.put("exitCode", failure.exitCode());
        output.showFailure(json);
        return failure.exitCode();
    }

    private static String wrongCommandLine(ParameterException e) {
        List<String> meant = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String hint = meant.isEmpty() ? "" : "; did you mean " + meant.get(0) + "?";
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        return Failure.oneLine(e.getMessage()) + hint + " (see " + command + " --help)";
    }
}
