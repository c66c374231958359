package dev.lockstep.courtesy;

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
     * @return whether any had another one
     * @throws IOException when one of them does not have it afterwards
     */
    static boolean set(List<LinuxTask> tasks, int nice) throws IOException {
        List<LinuxTask> others = differing(tasks, nice);
        if (others.isEmpty()) {
            return false;
        }
        renice(others, nice);
        if (!differing(others, nice).isEmpty()) {
            throw new IOException("renice was refused, which takes CAP_SYS_NICE");
        }
        return true;
    }

    /**
     * Tries it on a thread that ends with this, and on a process of the server's: what was lowered might not go up again.
     *
     * @param other one that nothing waits for
     * @throws IOException when this process may not give a priority back, its own or another's
     */
    static void requireWayBack(LinuxTask other) throws IOException {
        FutureTask<@Nullable Void> attempt = new FutureTask<>(() -> {
            thereAndBack(LinuxTask.current());
            return null;
        });
        LinuxTask here = LinuxTask.current();
        // Java keeps a thread for what it starts, made as low as who starts the first
        renice(List.of(here), here.nice());
        new Thread(attempt, "lockstep-priority").start();
        try {
            attempt.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IOException("it could not be given back: " + (cause == null ? "" : cause.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        thereAndBack(other);
    }

    private static void thereAndBack(LinuxTask task) throws IOException {
        int before = task.nice();
        set(List.of(task), below(before, 1));
        set(List.of(task), before);
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

    /**
     * Unless it has that already, or is gone.
     *
     * @return whether it had another one
     */
    static boolean setGroup(LinuxTask leader, int nice) throws IOException {
        try {
            if (group(leader) == nice) {
                return false;
            }
            writeGroup(leader, nice);
            return true;
        } catch (IOException e) {
            if (leader.exists()) {
                throw e;
            }
            return false;
        }
    }

    /** Whoever may not administer the system gets an error for a second one within a tenth of a second. */
    static void writeGroup(LinuxTask leader, int nice) throws IOException {
        Path file = leader.folder().resolve(GROUP);
        Files.write(file, Integer.toString(nice).getBytes(StandardCharsets.US_ASCII));
    }

    private static void renice(List<LinuxTask> tasks, int nice) throws IOException {
        List<String> command = new ArrayList<>(List.of("renice", Integer.toString(nice), "-p"));
        tasks.forEach(task -> command.add(task.id()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.onExit().join(); // it ends at once, and whoever is interrupted still has a priority to give back
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
