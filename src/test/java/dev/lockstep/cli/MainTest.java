package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                     | lockstep: which command?",
                "chek                   | lockstep: Unmatched argument at index 0: 'chek'; did you mean check? (see lockstep --help)",
                "check --outptu json    | lockstep: Unknown options: '--outptu', 'json'",
                "check --output xml     | lockstep: Invalid value for option '--output': expected one of [human, json]",
                "check -c               | lockstep: Missing required parameter for option '--config' (FILE) (see lockstep check --help)",
                "verify --reads 0       | lockstep: --reads takes a number of rows, at least 1, not 0",
                "check extra            | lockstep: Unmatched argument at index 1: 'extra'",
            })
    void aWrongCommandLineIsOneLineAndTwo(String line, String expected) {
        CliRun run = CliRun.of(line.isEmpty() ? new String[0] : line.split(" "));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith(expected).hasLineCount(1);
    }

    /** Only the command that is named first is described to picocli, under its own name. */
    @Test
    void everyCommandIsKnownByItsName() {
        assertThat(Commands.all().keySet()).allSatisfy(name -> {
            CliRun run = CliRun.of(name, "--help");
            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).contains("Usage: lockstep " + name);
        });
    }

    @Test
    void helpAndVersion() {
        CliRun help = CliRun.of("--help");
        CliRun checkHelp = CliRun.of("check", "--help");
        CliRun version = CliRun.of("--version");

        assertThat(List.of(help.exitCode(), checkHelp.exitCode(), version.exitCode()))
                .containsOnly(0);
        assertThat(help.out()).contains("check").contains("--config").contains("lockstep.yaml");
        assertThat(checkHelp.out()).contains("Usage: lockstep check").contains("--output=human|json");
        assertThat(version.out()).startsWith("lockstep ");
    }

    @ParameterizedTest
    @CsvSource({"-c,before", "--config,before", "-c,after", "--config,after"})
    void theConfigurationIsNamedBeforeOrAfterTheCommand(String option, String where, @TempDir Path folder) {
        String file = folder.resolve("mine.yaml").toString();

        CliRun run = where.equals("before") ? CliRun.of(option, file, "check") : CliRun.of("check", option, file);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("lockstep: configuration " + file
                        + ": there is no such file; write one, or name yours with -c FILE\n");
    }

    @Test
    void failuresAreOneJsonObjectToo(@TempDir Path folder) {
        String file = folder.resolve("mine.yaml").toString();

        CliRun run = CliRun.of("check", "-c", file, "--output", "json");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.json().get("exitCode").asInt()).isEqualTo(2);
        assertThat(run.json().get("error").asText()).contains("there is no such file");
        assertThat(run.err()).startsWith("lockstep: configuration ").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"LOCKSTEP_LOG,verbose", "LOCKSTEP_LOG,''", "LOCKSTEP_LOG_FORMAT,xml"})
    void misspeltLogSettings(String variable, String value) {
        CliRun run = CliRun.in(Map.of(variable, value), "check");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("lockstep: environment variable " + variable + " has to be one of ");
    }
}
