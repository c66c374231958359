package dev.lockstep.courtesy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The share of the machine's processors that nobody wanted (proc_stat(5)). Not thread-safe. */
final class CpuIdle {

    private static final Path FILE = Path.of("/proc/stat");

    /** Of the fields: user, nice, system, idle, iowait, irq, softirq, steal; what guests have is in the first two. */
    private static final int IDLE = 3;

    private static final int IO_WAIT = 4;
    private static final int FIELDS = 8;

    private final Path file;
    private long[] before = {};

    CpuIdle() {
        this(FILE);
    }

    CpuIdle(Path file) {
        this.file = file;
    }

    /** From 0 to 1, since the last call; NaN the first time, and where it is not counted. */
    double since() {
        long[] then = before;
        before = read();
        if (then.length < FIELDS || before.length < FIELDS) {
            return Double.NaN;
        }
        long all = 0;
        for (int i = 0; i < FIELDS; i++) {
            all += before[i] - then[i];
        }
        long idle = before[IDLE] - then[IDLE] + before[IO_WAIT] - then[IO_WAIT];
        return all <= 0 ? Double.NaN : Math.max(0, Math.min(1, (double) idle / all));
    }

    private long[] read() {
        try {
            String[] fields = Files.readString(file)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip()
                    .split(" +", -1);
            long[] counts = new long[fields.length - 1];
            for (int i = 0; i < counts.length; i++) {
                counts[i] = Long.parseLong(fields[i + 1]);
            }
            return fields[0].equals("cpu") ? counts : new long[0];
        } catch (IOException | NumberFormatException e) {
            return new long[0];
        }
    }
}
