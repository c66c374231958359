package dev.lockstep.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a broker's container runs, against a start script that comes while it already looks for it. */
class BrokerCommandTest {

    @TempDir
    Path folder;

    @Test
    void aScriptThatIsStillHeldByWhoWritesItIsTriedAgain() throws Exception {
        Path script = Files.createFile(
                folder.resolve("start.sh"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        BufferedReader said;
        try (OutputStream held = Files.newOutputStream(script)) {
            held.write("#!/bin/sh\necho up; exit; # last\n".getBytes(UTF_8));
            said = shell(script).inputReader();
            assertThat(said.readLine()).contains("busy");
        }
        assertThat(said.lines().filter(line -> !line.contains("busy"))).containsExactly("up");
    }

    @Test
    void oneThatIsOnlyHalfThereIsWaitedFor() throws Exception {
        Path script = folder.resolve("start.sh");
        Files.writeString(script, "#!/bin/sh\necho half\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Process shell = shell(script);
        Await.until(
                "it waits",
                () -> shell.children()
                        .anyMatch(child -> child.info().command().orElse("").endsWith("/sleep")));
        Path whole = folder.resolve("whole.sh");
        Files.writeString(whole, "#!/bin/sh\necho whole # last\n");
        assertThat(whole.toFile().setExecutable(true)).isTrue();
        Files.move(whole, script, StandardCopyOption.ATOMIC_MOVE);
        assertThat(shell.inputReader().lines()).containsExactly("whole");
    }

    @Test
    void oneThatRefusesIsPassedOver() throws Exception {
        Path script = folder.resolve("start.sh");
        Files.writeString(script, "#!/bin/sh\nexit 1 # last\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        assertThat(shell(script).inputReader().lines()).containsExactly("past its set-up");
    }

    private static Process shell(Path script) throws Exception {
        return new ProcessBuilder("sh", "-c", Broker.command(script.toString(), "last", "echo past its set-up"))
                .redirectErrorStream(true)
                .start();
    }
}
