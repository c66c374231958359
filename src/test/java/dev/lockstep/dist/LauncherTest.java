package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/lockstep} and the JVM that it starts, with one that says what it was given. */
class LauncherTest {

    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    @TempDir
    Path home;

    @ParameterizedTest
    @ValueSource(strings = {"status", "--version", "", "-c lockstep.yaml dead-letters list"})
    void whatEndsSoonDoesWithoutTheOptimizingCompiler(String line) throws Exception {
        assertThat(java("", line)).containsSubsequence(QUICK, "dev.lockstep.cli.Main");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "-c /etc/lockstep/lockstep.yaml run", "verify --reads 5", "backfill", "demo --once"})
    void whatWorksForLongHasIt(String line) throws Exception {
        assertThat(java("", line)).doesNotContain(QUICK).endsWith(words(line));
    }

    @Test
    void theUsersOptionsComeLastAndACollectorIsNamedOnce() throws Exception {
        assertThat(java("-Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=4", "status"))
                .doesNotContain("-XX:+UseG1GC")
                .containsSubsequence("-Xmx256m", QUICK, "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4");
    }

    private List<String> java(String options, String line) throws Exception {
        Files.createDirectories(home.resolve("lib"));
        Path bin = Files.createDirectories(home.resolve("bin"));
        Path launcher = Files.copy(Path.of("bin/lockstep"), bin.resolve("lockstep"));
        executable(Files.writeString(bin.resolve("java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"));
        ProcessBuilder builder = new ProcessBuilder("bash", launcher.toString()).redirectErrorStream(true);
        builder.command().addAll(List.of(words(line)));
        builder.environment().put("JAVA_HOME", home.toString());
        builder.environment().put("LOCKSTEP_JAVA_OPTS", options);
        Process process = builder.start();
        List<String> given = process.inputReader().lines().toList();
        assertThat(process.waitFor()).as(String.join("\n", given)).isZero();
        return given;
    }

    private static String[] words(String line) {
        return Arrays.stream(line.split(" ", -1))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new);
    }

    private static void executable(Path file) throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
