package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuPressureTest {

    @TempDir
    Path folder;

    @Test
    void isTheShareOfTheTimeThatPassed() throws IOException {
        Path file = write("cpu", 1_000_000);
        CpuPressure pressure = new CpuPressure(file);
        assertThat(pressure.since()).as("of no time").isNaN();

        write("cpu", 1_000_000);
        assertThat(pressure.since()).isZero();
        write("cpu", 3_600_000_000L);
        assertThat(pressure.since()).as("never more than all of it").isEqualTo(1);
    }

    @Test
    void isNotKnownWhereItIsNotCounted() throws IOException {
        CpuPressure missing = new CpuPressure(folder.resolve("missing"));
        assertThat(missing.since()).isNaN();
        assertThat(missing.since()).isNaN();

        CpuPressure strange = new CpuPressure(Files.writeString(folder.resolve("strange"), "some total=much\n"));
        assertThat(strange.since()).isNaN();
        assertThat(strange.since()).isNaN();
    }

    @Test
    void aCountThatStartsAnewIsNotKnownOnce() throws IOException {
        CpuPressure pressure = new CpuPressure(write("cpu", 5_000));
        pressure.since();

        write("cpu", 10);
        assertThat(pressure.since()).isNaN();
        assertThat(pressure.since()).isZero();
    }

    private Path write(String name, long total) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=" + total
                        + "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
    }
}
