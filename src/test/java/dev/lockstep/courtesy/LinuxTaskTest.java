package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxTaskTest {

    @TempDir
    Path folder;

    /** A name may have anything in it, and is not escaped. */
    @Test
    void aNameWithSpacesAndParenthesesShiftsNothing() throws IOException {
        LinuxTask task = new LinuxTask(Files.createDirectory(folder.resolve("7")));
        Files.writeString(
                task.folder().resolve("stat"),
                "7 (a) S 0 (b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 30 10 1 0 99 1000 50 18446744073709551615\n");
        assertThat(task.nice()).isEqualTo(10);
        assertThat(task.leadsSession()).isTrue();
        assertThat(task.id()).isEqualTo("7");
    }

    @Test
    void whatHasEndedIsAnError() {
        LinuxTask gone = new LinuxTask(folder.resolve("8"));
        assertThat(gone.exists()).isFalse();
        assertThatThrownBy(gone::nice).isInstanceOf(IOException.class);
    }
}
