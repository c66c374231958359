package dev.lockstep.courtesy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The share of time for which something on this machine waited for a processor, as Linux counts it since 4.20 (its
 * documentation: accounting/psi). Not thread-safe.
 */
final class CpuPressure {

    /** Tests set it: those that are about something else, on a machine that other tests fill, name a file that is not there. */
    private static final Path FILE = Path.of(System.getProperty("lockstep.cpu-pressure", "/proc/pressure/cpu"));

    private static final String TOTAL = "total=";

    private final Path file;
    private long waited = -1;
    private long at;

    CpuPressure() {
        this(FILE);
    }

    CpuPressure(Path file) {
        this.file = file;
    }

    /** From 0 to 1, since the last call; NaN the first time, and where it is not counted. */
    double since() {
        long before = waited;
        long then = at;
        at = System.nanoTime();
        waited = read();
        if (before < 0 || waited < before || at == then) {
            return Double.NaN;
        }
        return Math.min(1, (waited - before) * 1000.0 / (at - then));
    }

    /** Microseconds; -1 if not known. The first line is of "some", the next one, if any, of "full". */
    private long read() {
        try {
            String line = Files.readString(file).lines().findFirst().orElse("");
            int total = line.indexOf(TOTAL);
            return line.startsWith("some ") && total > 0
                    ? Long.parseLong(line.substring(total + TOTAL.length()).strip())
                    : -1;
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }
}
