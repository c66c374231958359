package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuIdleTest {

    @TempDir
    Path folder;

    @Test
    void isTheShareSinceTheLastCallOfWhatNobodyWanted() throws IOException {
        CpuIdle idle = new CpuIdle(write("100 10 50 800 40 0 0 0 5 0"));
        assertThat(idle.since()).isNaN();
        write("140 20 60 810 50 5 5 20 5 0"); // of 110 more: 10 idle, 10 waiting for a disk, 20 taken by another
        // machine
        assertThat(idle.since()).isEqualTo(20 / 110.0);
        assertThat(idle.since()).as("no time has passed").isNaN();
    }

    @Test
    void whatCannotBeReadIsNotKnown() throws IOException {
        CpuIdle missing = new CpuIdle(folder.resolve("missing"));
        assertThat(missing.since()).isNaN();
        assertThat(missing.since()).isNaN();
        CpuIdle strange = new CpuIdle(Files.writeString(folder.resolve("strange"), "cpu many\n"));
        assertThat(strange.since()).isNaN();
        assertThat(strange.since()).isNaN();
    }

    private Path write(String counts) throws IOException {
        return Files.writeString(folder.resolve("stat"), "cpu  " + counts + "\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
    }
}
