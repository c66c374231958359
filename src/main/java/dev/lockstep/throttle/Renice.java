package dev.lockstep.throttle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** Sets priorities as the system's own renice(1) does, for Java has no way to; nice values, -20 to 19. */
final class Renice {

    private static final int LOWEST = 19;
    private static final String GROUP = "autogroup";

    private Renice() {}

    /**
     * Those that have another one already, or are gone, are left alone.
     *
     * @throws IOException when one of them does not have it afterwards
     */
    static void set(List<LinuxTask> tasks, int nice) throws IOException {
        List<LinuxTask> others = differing(tasks, nice);
        if (others.isEmpty()) {
            return;
        }
        renice(others, nice);
        if (!differing(others, nice).isEmpty()) {
            throw new IOException("renice " + nice + " was refused");
        }
    }

    /**
     * Tries it on a thread that ends with this, for what was lowered may not go up again otherwise.
     *
     * @throws IOException when this process may not give a priority back, its own or another's
     */
    static void requireWayBack(LinuxTask other) throws IOException {
        FutureTask<@Nullable Void> attempt = new FutureTask<>(() -> {
            LinuxTask own = LinuxTask.current();
            int before = own.nice();
            set(List.of(own), below(before, 1));
            set(List.of(own), before);
            return null;
        });
        new Thread(attempt, "lockstep-priority").start();
        try {
            attempt.get();
            if (renice(List.of(other), other.nice()) != 0) {
                throw new IOException("renice may not touch the server's processes (CAP_SYS_NICE)");
            }
        } catch (ExecutionException e) {
            throw new IOException("it could not be given back (CAP_SYS_NICE)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** A priority below {@code base} by so much, as far as there is one. */
    static int below(int base, int steps) {
        return Math.min(LOWEST, base + steps);
    }

    /** Of the session that the process leads, among all sessions. */
    static int group(LinuxTask leader) throws IOException {
        String text = leader.text(GROUP).strip(); // "/autogroup-12 nice 0"
        try {
            return Integer.parseInt(text.substring(text.lastIndexOf(' ') + 1));
        } catch (NumberFormatException e) {
            throw new IOException("no priority of a session: " + text, e);
        }
    }

    static void setGroup(LinuxTask leader, int nice) throws IOException {
        if (group(leader) != nice) {
            writeGroup(leader, nice);
        }
    }

    /** Whoever may not administer the system gets an error for a second one within a tenth of a second. */
    static void writeGroup(LinuxTask leader, int nice) throws IOException {
        Path file = leader.folder().resolve(GROUP);
        Files.write(file, Integer.toString(nice).getBytes(StandardCharsets.US_ASCII));
    }

    /** The exit code: 0 if all of them have it. */
    private static int renice(List<LinuxTask> tasks, int nice) throws IOException {
        List<String> command = new ArrayList<>(List.of("renice", Integer.toString(nice), "-p"));
        tasks.forEach(task -> command.add(task.id()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it ends by itself
            throw new IOException("interrupted", e);
        }
    }

    private static List<LinuxTask> differing(List<LinuxTask> tasks, int nice) throws IOException {
        List<LinuxTask> differing = new ArrayList<>();
        for (LinuxTask task : tasks) {
            try {
                if (task.nice() != nice) {
                    differing.add(task);
                }
            } catch (IOException e) {
                if (task.exists()) {
                    throw e;
                }
            }
        }
        return differing;
    }
}
