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

    /** Each is asked before one of them is waited for: one that does not listen must not keep the other going. */
    @Test
    void oneThatDoesNotListenKeepsNoOtherFromEnding() throws Exception {
        CompletableFuture<Boolean> running = CompletableFuture.supplyAsync(() -> {
            try {
                return programs.pipe(
                        shell("trap '' TERM; echo $$ > new; mv new pid; while :; do sleep 0.1; done"),
                        shell(
                                "trap 'kill -0 $(cat pid) && touch both; exit' TERM; touch reads; while :; do sleep 0.1; done"));
            } catch (java.io.IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Await.until("both run", () -> Files.exists(folder.resolve("pid")) && Files.exists(folder.resolve("reads")));
        stop.request();
        assertThatThrownBy(running::join).hasCauseInstanceOf(LockstepException.class);
        assertThat(folder.resolve("both"))
                .as("the reader was asked while the writer lived")
                .exists();
        Await.until("it is gone", () -> !alive());
    }

    @Test
    void nothingGoesOnWhenTheWaitForItIsInterrupted() throws Exception {
        Thread caller = new Thread(() -> {
            try {
                programs.run(shell("trap 'touch asked' TERM; echo $$ > new; mv new pid; while :; do sleep 0.1; done"));
            } catch (java.io.IOException | InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        caller.start();
        Await.until("it runs", () -> Files.exists(folder.resolve("pid")));
        stop.request();
        Await.until("it was asked to end, and is waited for", () -> Files.exists(folder.resolve("asked")));
        caller.interrupt();
        caller.join();
        Await.until("it is gone", () -> !alive());
    }

    private boolean alive() throws Exception {
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .map(process -> process.info().command().isPresent()) // one that has ended may wait to be noticed
                .orElse(false);
    }

    private ProcessBuilder shell(String script) {
        return new ProcessBuilder("sh", "-c", script).directory(folder.toFile());
    }
}
