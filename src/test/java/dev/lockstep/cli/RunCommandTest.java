package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

    @TempDir
    Path folder;

    @Test
    void listensBeyondLoopbackWithATokenAlone() throws Exception {
        Path file = folder.resolve("lockstep.yaml");
        Files.writeString(file, """
                database: {url: "jdbc:postgresql://127.0.0.1:1/x", user: app}
                http: {host: 0.0.0.0, port: 0}
                """);
        CliRun run = CliRun.of("-c", file.toString(), "run");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).contains("http.host 0.0.0.0", "set http.token", "127.0.0.1");
    }
}
