package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** One command line, run in this JVM, and what came of it. */
record CliRun(int exitCode, String out, String err) {

    static CliRun of(String... args) {
        return in(Map.of(), args);
    }

    static CliRun in(Map<String, String> environment, String... args) {
        return captured((out, err) -> Main.run(args, environment, out, err));
    }

    /** With commands of the test's own. */
    static CliRun with(Function<CliContext, Callable<Integer>> command, String... args) {
        return captured((out, err) -> new CommandRunner(
                        (context, arguments) -> List.of(command.apply(context)), Map.of(), out, err)
                .run(args));
    }

    /** Stdout, which has to be exactly one JSON object. */
    JsonNode json() {
        try {
            return JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build()
                    .readTree(out);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not one JSON object: " + out, e);
        }
    }

    private interface Body {
        int run(PrintStream out, PrintStream err);
    }

    private static CliRun captured(Body body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = body.run(
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new CliRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
