package dev.lockstep.courtesy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A process or a thread, as Linux tells about it (proc_pid_stat(5)). One that has ended is an IOException. */
record LinuxTask(Path folder) {

    private static final Path PROC = Path.of("/proc");

    /** Behind the name, which ends with the last parenthesis; the manual counts from 1, the state is its third field. */
    private static final int SESSION = 6 - 3;

    private static final int NICE = 19 - 3;

    static LinuxTask process(long pid) {
        return new LinuxTask(PROC.resolve(Long.toString(pid)));
    }

    /** The calling thread. */
    static LinuxTask current() throws IOException {
        return new LinuxTask(PROC.resolve(Files.readSymbolicLink(PROC.resolve("thread-self"))));
    }

    String id() {
        return String.valueOf(folder.getFileName());
    }

    List<LinuxTask> threads() throws IOException {
        try (var tasks = Files.list(folder.resolve("task"))) {
            return tasks.map(LinuxTask::new).toList();
        }
    }

    /** At most 15 bytes of it. */
    String name() throws IOException {
        return text("comm").strip();
    }

    /** Its arguments, or what it has put in their place. */
    String title() throws IOException {
        return text("cmdline");
    }

    boolean exists() {
        return Files.exists(folder);
    }

    int nice() throws IOException {
        return Integer.parseInt(stat()[NICE]);
    }

    boolean leadsSession() throws IOException {
        return stat()[SESSION].equals(id());
    }

    private String[] stat() throws IOException {
        String stat = text("stat");
        return stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1);
    }

    String text(String file) throws IOException {
        return new String(Files.readAllBytes(folder.resolve(file)), StandardCharsets.ISO_8859_1);
    }
}
