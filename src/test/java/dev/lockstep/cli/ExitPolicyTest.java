package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lockstep.model.LockstepException;
import dev.lockstep.testing.TestPostgres;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

class ExitPolicyTest {

    private static final String TRACE = "; set LOCKSTEP_LOG=debug for the trace\n";

    @Command(name = "work")
    private record Work(Callable<Integer> body) implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            return body.call();
        }
    }

    private interface Body {
        void run() throws Throwable;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void theCommandsOwnCodeIsKept(int code) {
        assertThat(CliRun.with(context -> new Work(() -> code), "work")).isEqualTo(new CliRun(code, "", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void failures(Throwable thrown, int code, String line) {
        CliRun run = failing(() -> {
            throw thrown;
        });

        assertThat(run.exitCode()).isEqualTo(code);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("lockstep: " + line).endsWith("\n").hasLineCount(1);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(LockstepException.wrongInput("no table; map one"), 2, "no table; map one\n"),
                arguments(LockstepException.notDone("gone; try again", null), 3, "gone; try again\n"),
                arguments(LockstepException.notDone("two\n  lines", null), 3, "two lines\n"),
                arguments(
                        new ExecutionException(new RuntimeException(LockstepException.wrongInput("deep"))),
                        2,
                        "deep\n"),
                arguments(new InterruptedException(), 3, "interrupted; the same command can be run again\n"),
                arguments(
                        new SQLException("contents of a row", "08006"),
                        3,
                        "the connection to the server failed (SQLSTATE 08006)" + TRACE),
                arguments(
                        new IllegalStateException("contents of a row"),
                        3,
                        "unexpected java.lang.IllegalStateException at dev.lockstep.cli.ExitPolicyTest"),
                arguments(new AssertionError("contents of a row"), 3, "unexpected java.lang.AssertionError at dev"),
                arguments(new StackOverflowError(), 3, "unexpected java.lang.StackOverflowError at dev"));
    }

    @Test
    void theServersAnswerComesWithoutValues() {
        CliRun duplicate = sql("CREATE TABLE t (secret text PRIMARY KEY);"
                + " INSERT INTO t VALUES ('hunter2'); INSERT INTO t VALUES ('hunter2')");
        CliRun data = sql("SELECT 'hunter2'::uuid");
        CliRun missing = sql("SELECT * FROM nowhere");

        assertThat(duplicate.err())
                .isEqualTo(
                        "lockstep: the server answered SQLSTATE 23505: duplicate key value violates unique constraint"
                                + " \"t_pkey\"" + TRACE);
        assertThat(data.err())
                .isEqualTo("lockstep: the server answered SQLSTATE 22P02: invalid input syntax for type uuid" + TRACE);
        assertThat(missing.err())
                .isEqualTo("lockstep: the server answered SQLSTATE 42P01: relation \"nowhere\" does not exist" + TRACE);
        assertThat(missing.exitCode()).isEqualTo(3);
    }

    @Test
    void jsonHasOneObjectAlsoWhenACommandFailsLate() {
        CliRun run = CliRun.with(
                context -> new Work(() -> {
                    context.output().show(Map.of("clean", true), out -> out.println("clean"));
                    throw LockstepException.notDone("late", null);
                }),
                "work",
                "--output=json");

        assertThat(run).isEqualTo(new CliRun(3, "{\"clean\":true}\n", "lockstep: late\n"));
    }

    private static CliRun sql(String sql) {
        return failing(() -> TestPostgres.database().execute(sql));
    }

    private static CliRun failing(Body body) {
        return CliRun.with(
                context -> new Work(() -> {
                    try {
                        body.run();
                        return 0;
                    } catch (Throwable e) {
                        throw sneaky(e);
                    }
                }),
                "work");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> RuntimeException sneaky(Throwable e) throws T {
        throw (T) e;
    }
}
