package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit as it is shipped. */
class SystemdUnitTest {

    private static final Path UNIT = Queries.DIST.resolve("systemd/lockstep.service");

    @TempDir
    Path folder;

    @Test
    void restartsWhatARestartCanCure() throws IOException {
        assertThat(settings())
                .containsEntry("Restart", "on-failure")
                .containsEntry("RestartPreventExitStatus", "2")
                .containsEntry("StartLimitIntervalSec", "0")
                .containsEntry("KillSignal", "SIGTERM")
                .containsEntry("EnvironmentFile", "/etc/lockstep/environment")
                .containsEntry("MemoryMax", "512M")
                .containsEntry("User", "lockstep");
        assertThat(Integer.parseInt(settings().get("TimeoutStopSec"))).isGreaterThan(25);
        assertThat(settings().get("ExecStart")).endsWith("/bin/lockstep -c /etc/lockstep/lockstep.yaml run");
    }

    /** The server's processes are another user's. */
    @Test
    void mayGiveAPriorityBackAndDoNothingElse() throws IOException {
        assertThat(settings())
                .containsEntry("AmbientCapabilities", "CAP_SYS_NICE")
                .containsEntry("CapabilityBoundingSet", "CAP_SYS_NICE")
                .doesNotContainKey("ProtectProc")
                .doesNotContainKey("CPUWeight"); // would take it out of the server's control group
    }

    /** With the program of the source tree in the place of the installed one, which is not there. */
    @Test
    void systemdTakesIt() throws Exception {
        Path unit = folder.resolve("lockstep.service");
        Files.writeString(
                unit,
                Files.readString(UNIT)
                        .replace(
                                "/opt/lockstep/bin",
                                Path.of("bin").toAbsolutePath().toString()));
        Process process;
        try {
            process = new ProcessBuilder("systemd-analyze", "verify", unit.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            System.out.println("systemd-analyze is not used: " + e.getMessage());
            assumeTrue(false, "there is no systemd-analyze");
            return;
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines().filter(line -> line.contains("lockstep.service")))
                .isEmpty(); // it may warn of others
    }

    private static Map<String, String> settings() throws IOException {
        List<String> lines = Files.readAllLines(UNIT);
        return lines.stream()
                .filter(line -> line.matches("[A-Za-z]+=.*"))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(setting -> setting[0], setting -> setting[1], (first, second) -> second));
    }
}
