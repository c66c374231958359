package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.LoopbackPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as the shell sees it: what is on which stream, and the exit code. */
class MainProcessTest {

    @TempDir
    Path folder;

    private Path config;

    private record Ended(int exitCode, String out, String err) {}

    @BeforeEach
    void aServerThatIsNotThere() throws IOException {
        int port = LoopbackPorts.free();
        config = Files.writeString(
                folder.resolve("lockstep.yaml"),
                "database: {url: 'jdbc:postgresql://localhost:" + port + "/app', user: app, password: hunter2}\n");
    }

    @Test
    void aFailureIsOneLineOnStderr() throws Exception {
        Ended ended = start(Map.of(), "check", "-c", config.toString());

        assertThat(ended.exitCode()).isEqualTo(3);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).startsWith("lockstep: cannot reach ").hasLineCount(1);
    }

    @Test
    void theTraceIsAskedForAndGoesToStderrAsJson() throws Exception {
        Ended ended = start(
                Map.of("LOCKSTEP_LOG", "debug", "LOCKSTEP_LOG_FORMAT", "json"),
                "check",
                "-c",
                config.toString(),
                "--output=json");

        JsonMapper mapper = JsonMapper.builder().build();
        assertThat(mapper.readTree(ended.out()).get("exitCode").asInt()).isEqualTo(3);
        JsonNode log = mapper.readTree(ended.err().lines().findFirst().orElseThrow());
        assertThat(log.get("level").asText()).isEqualTo("DEBUG");
        assertThat(log.get("formattedMessage").asText()).isEqualTo("the command failed");
        assertThat(log.get("throwable").get("className").asText()).endsWith("LockstepException");
        assertThat(ended.err()).doesNotContain("hunter2");
        assertThat(ended.exitCode()).isEqualTo(3);
    }

    @Test
    void theTraceAsText() throws Exception {
        Ended ended = start(Map.of("LOCKSTEP_LOG", "debug"), "check", "-c", config.toString());

        assertThat(ended.out()).isEmpty();
        assertThat(ended.err())
                .contains(" DEBUG ExitPolicy: the command failed")
                .contains("\tat dev.lockstep.");
    }

    private Ended start(Map<String, String> environment, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(args));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("LOCKSTEP_"));
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Ended(code, Files.readString(out), Files.readString(err));
    }
}
