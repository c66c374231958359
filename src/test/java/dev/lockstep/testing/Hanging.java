package dev.lockstep.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a process that does not end is at: without it, one hang in a hundred runs is never understood. */
public final class Hanging {

    private Hanging() {}

    /** The stacks of all threads of a process and of those it started; then they are killed. */
    public static String stacks(Process process) throws IOException, InterruptedException {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        Path stacks = Files.createTempFile("stacks", ".txt");
        try {
            for (ProcessHandle one : all) {
                Process jstack = new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jstack")
                                        .toString(),
                                String.valueOf(one.pid()))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(stacks.toFile()))
                        .start();
                if (!jstack.waitFor(30, TimeUnit.SECONDS)) {
                    jstack.destroyForcibly();
                }
            }
            return Files.readString(stacks);
        } finally {
            all.forEach(ProcessHandle::destroyForcibly);
            Files.delete(stacks);
        }
    }
}
