package dev.lockstep.rehearse;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs programs to their end, and ends them when it is time to stop: what goes on by itself would hold a snapshot of the live
 * database open. What they say may quote rows, so nobody hears it.
 */
final class Programs {

    private static final Logger log = LoggerFactory.getLogger(Programs.class);

    /**
     * Its input is a line to us, which is cut when we end, however: then the program ends, too. Left alone it would go on for
     * as long as it waits for a lock, or builds indexes.
     */
    private static final String GUARD = """
            trap '' INT
            exec 3<&0
            "$@" </dev/null 3<&- &
            program=$!
            { read -r never; kill $program; } <&3 >/dev/null 2>&1 3<&- &
            line=$!
            wait $program
            code=$?
            kill $line 2>/dev/null
            exit $code
            """;

    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** @param asked to end */
    private record Running(Process process, Runnable asked) {}

    private final StopSignal stop;

    Programs(StopSignal stop) {
        this.stop = stop;
    }

    /** Returns whether it went well. */
    boolean run(ProcessBuilder call) throws IOException, InterruptedException {
        return ended(List.of(guarded(call.redirectOutput(ProcessBuilder.Redirect.DISCARD))));
    }

    /** What it says is for the caller; it is given nothing to read. */
    private static Running guarded(ProcessBuilder call) throws IOException {
        Process process = call.command(
                        Stream.concat(Stream.of("sh", "-c", GUARD, "lockstep-guard"), call.command().stream())
                                .toList())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new Running(process, () -> cut(process));
    }

    private static void cut(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            log.debug("the line of a program is cut already", e);
        }
    }

    /** Feeds what one says to the other, whose input ends when we do; returns whether both went well. */
    boolean pipe(ProcessBuilder from, ProcessBuilder to) throws IOException, InterruptedException {
        Process reads = to.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Running writes;
        try {
            writes = guarded(from);
        } catch (IOException e) {
            reads.destroy();
            throw e;
        }
        Thread pump = new Thread(() -> pump(writes.process(), reads), "rehearse-pump");
        pump.setDaemon(true);
        pump.start();
        return ended(List.of(writes, new Running(reads, reads::destroy)));
    }

    /** When one of the two is gone, the other gets to know it. */
    private static void pump(Process from, Process to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            cut(from); // the reader's exit code tells
        }
    }

    private boolean ended(List<Running> all) throws InterruptedException {
        List<Process> processes = all.stream().map(Running::process).toList();
        try {
            while (processes.stream().anyMatch(Process::isAlive)) {
                if (stop.pause(STEP)) {
                    throw LockstepException.notDone(
                            "stopped while the copy was made; the live database is as it was, make an empty copy anew (dropdb,"
                                    + " createdb) and run `lockstep rehearse` again",
                            null);
                }
                if (processes.stream().anyMatch(process -> !process.isAlive() && process.exitValue() != 0)) {
                    return false;
                }
            }
            return processes.stream().allMatch(process -> process.exitValue() == 0);
        } finally {
            all.forEach(running -> running.asked().run());
            end(processes);
        }
    }

    /** They have been asked to; one that does not, or whose wait is interrupted, is ended. */
    private static void end(List<Process> processes) throws InterruptedException {
        try {
            for (Process process : processes) {
                process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
            }
        } finally {
            processes.stream().filter(Process::isAlive).forEach(process -> {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            });
        }
    }
}
