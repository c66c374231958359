package dev.lockstep.rehearse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProgramsTest {

    @TempDir
    Path folder;

    private final StopSignal stop = new StopSignal();
    private final Programs programs = new Programs(stop);

    @Test
    void feedsWhatOneSaysToTheOther() throws Exception {
        assertThat(programs.pipe(shell("printf abc"), shell("cat > said"))).isTrue();
        assertThat(folder.resolve("said")).hasContent("abc");
    }

    @Test
    void itIsNotWellWhereEitherFails() throws Exception {
        assertThat(programs.pipe(shell("exit 3"), shell("cat"))).isFalse();
        assertThat(programs.run(shell("exit 3"))).isFalse();
    }

    /** A reader whose disk is full: what writes would wait for room without end. */
    @Test
    void aReaderThatDiesEndsTheWriter() throws Exception {
        assertThat(programs.pipe(shell("echo $$ > pid; exec yes"), shell("sleep 0.2; exit 1")))
                .isFalse();
        assertThat(alive()).isFalse();
    }

    /** It would go on with a snapshot of the live database open. */
    @Test
    void whoStopsEndsWhatRuns() throws Exception {
        CompletableFuture<Boolean> running = CompletableFuture.supplyAsync(() -> {
            try {
                return programs.run(shell("echo $$ > new; mv new pid; exec sleep 600"));
            } catch (java.io.IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Await.until("it runs", () -> Files.exists(folder.resolve("pid")));
        stop.request();
        assertThatThrownBy(running::join)
                .hasCauseInstanceOf(LockstepException.class)
                .hasMessageContaining("stopped while the copy was made");
        assertThat(alive()).isFalse();
    }

    private boolean alive() throws Exception {
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private ProcessBuilder shell(String script) {
        return new ProcessBuilder("sh", "-c", script).directory(folder.toFile());
    }
}
