package dev.lockstep.rehearse;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs programs to their end, and ends them when it is time to stop: what goes on by itself would hold a snapshot of the live
 * database open. What they say may quote rows, so nobody hears it.
 */
final class Programs {

    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final StopSignal stop;

    Programs(StopSignal stop) {
        this.stop = stop;
    }

    /** Returns whether it went well. */
    boolean run(ProcessBuilder call) throws IOException, InterruptedException {
        return ended(List.of(call.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()));
    }

    /** Feeds what one says to the other; returns whether both went well. */
    boolean pipe(ProcessBuilder from, ProcessBuilder to) throws IOException, InterruptedException {
        Process reads = to.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Process writes;
        try {
            writes = from.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            reads.destroy();
            throw e;
        }
        Thread pump = new Thread(() -> pump(writes, reads), "rehearse-pump");
        pump.setDaemon(true);
        pump.start();
        return ended(List.of(writes, reads));
    }

    /** When one of the two is gone, the other gets to know it. */
    private static void pump(Process from, Process to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            from.destroy(); // the reader's exit code tells
        }
    }

    private boolean ended(List<Process> all) throws InterruptedException {
        try {
            while (all.stream().anyMatch(Process::isAlive)) {
                if (stop.pause(STEP)) {
                    throw LockstepException.notDone(
                            "stopped while the copy was made; the live database is as it was, make an empty one anew",
                            null);
                }
                if (all.stream().anyMatch(process -> !process.isAlive() && process.exitValue() != 0)) {
                    return false;
                }
            }
            return all.stream().allMatch(process -> process.exitValue() == 0);
        } finally {
            for (Process process : all) {
                end(process);
            }
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
        }
    }
}
