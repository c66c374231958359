package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Prometheus' own tool on the shipped rules: from {@code .ci/tools}, or on the PATH; else skipped. */
class PromtoolTest {

    static final Path TESTS = Path.of("src/test/resources/dev/lockstep/dist/lockstep.rules.test.yml");

    @Test
    void rulesAreValid() throws Exception {
        assertThat(promtool("check", "rules", Queries.RULES.toString())).contains("SUCCESS");
    }

    @Test
    void configurationIsValid() throws Exception {
        assertThat(promtool(
                        "check",
                        "config",
                        Queries.RULES.resolveSibling("prometheus.yml").toString()))
                .contains("SUCCESS");
    }

    @Test
    void rulesFireWhenTheyShould() throws Exception {
        assertThat(promtool("test", "rules", TESTS.toString()))
                .contains("SUCCESS")
                .doesNotContain("FAILED");
    }

    private static String promtool(String... words) throws IOException, InterruptedException {
        Optional<Path> tool = Stream.concat(
                        Stream.of(Path.of("target/promtool/promtool")),
                        Arrays.stream(System.getenv("PATH").split(":", -1)).map(folder -> Path.of(folder, "promtool")))
                .filter(Files::isExecutable)
                .findFirst();
        if (tool.isEmpty()) {
            System.out.println("promtool is not used: neither .ci/tools was run nor is it on the PATH");
        }
        assumeTrue(tool.isPresent(), "there is no promtool; .ci/tools fetches it");
        List<String> command =
                new ArrayList<>(List.of(tool.get().toAbsolutePath().toString()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
