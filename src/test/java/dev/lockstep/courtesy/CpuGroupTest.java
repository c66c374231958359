package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuGroupTest {

    @TempDir
    Path mounted;

    @Test
    void ofVersionOneTheHierarchyOfProcessorsCounts() {
        String memberships =
                "9:name=systemd:/user\n4:memory:/process\n3:cpu,cpuacct:/system/db\n2:cpuset:/half\n0::/\n";
        assertThat(CpuGroup.path(memberships, mounted)).isEqualTo("/system/db");
        assertThat(CpuGroup.path("2:cpuset:/half\n1:cpuacct:/other\n", mounted)).isEqualTo("/");
    }

    /** systemd gives each service a group, and a weight only where somebody asked for one. */
    @Test
    void ofVersionTwoItIsTheNextThatHasAWeight() throws IOException {
        Path slice = Files.createDirectories(mounted.resolve("system.slice"));
        Files.createDirectories(slice.resolve("lockstep.service"));
        assertThat(CpuGroup.path("0::/system.slice/lockstep.service\n", mounted))
                .isEqualTo("/");

        Files.createFile(slice.resolve("cpu.weight"));
        assertThat(CpuGroup.path("0::/system.slice/lockstep.service\n", mounted))
                .isEqualTo("/system.slice");

        Files.createFile(slice.resolve("lockstep.service/cpu.weight"));
        assertThat(CpuGroup.path("0::/system.slice/lockstep.service\n", mounted))
                .isEqualTo("/system.slice/lockstep.service");
    }

    @Test
    void aGroupOutsideOfThisContainerIsAnotherOne() {
        assertThat(CpuGroup.path("0::/../database\n", mounted)).isEqualTo("/../database");
        assertThat(CpuGroup.path("0::/..\n", mounted)).isEqualTo("/..");
        assertThat(CpuGroup.path("0::/\n", mounted)).isEqualTo("/");
    }
}
