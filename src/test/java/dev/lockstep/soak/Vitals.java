package dev.lockstep.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a process holds on to.
 *
 * @param seconds since the soak began
 * @param heap live bytes after a full collection
 * @param peak bytes of memory that it has ever had at once
 * @param threads of the operating system
 * @param files open descriptors
 * @param connections of ours on the server
 * @param engines Debezium's, still reachable
 * @param sessions JDBC connections, still reachable
 */
record Vitals(
        String name,
        long pid,
        long seconds,
        long heap,
        long peak,
        long threads,
        long files,
        long connections,
        long engines,
        long sessions) {

    static final String HEADER = String.format(
            Locale.ROOT,
            "%6s %-8s %8s %9s %9s %8s %6s %12s %8s %9s",
            "s",
            "name",
            "pid",
            "heap MB",
            "peak MB",
            "threads",
            "files",
            "connections",
            "engines",
            "sessions");

    static Vitals take(String name, long pid, long seconds, long connections) throws IOException, InterruptedException {
        List<String> histogram = jcmd(pid, "GC.class_histogram");
        return new Vitals(
                name,
                pid,
                seconds,
                total(histogram),
                status(pid, "VmHWM:") << 10,
                threads(pid),
                files(pid),
                connections,
                instances(histogram, "io.debezium.embedded.async.AsyncEmbeddedEngine"),
                instances(histogram, "org.postgresql.jdbc.PgConnection"));
    }

    static long threads(long pid) throws IOException {
        return status(pid, "Threads:");
    }

    /** Memory in KB. */
    private static long status(long pid, String key) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(line -> line.startsWith(key))
                    .mapToLong(line ->
                            Long.parseLong(line.substring(key.length()).strip().split(" ", 2)[0]))
                    .sum();
        }
    }

    private static long files(long pid) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(pid), "fd"))) {
            return open.count();
        }
    }

    /** Live objects only: the histogram begins with a full collection. */
    private static long total(List<String> histogram) {
        String last = histogram.stream()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no histogram: " + histogram));
        return Long.parseLong(last.strip().split("\\s+", -1)[2]);
    }

    private static long instances(List<String> histogram, String type) {
        return histogram.stream()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length >= 4 && words[3].equals(type))
                .mapToLong(words -> Long.parseLong(words[1]))
                .sum();
    }

    /** The names of its threads. */
    static List<String> threadNames(long pid) throws IOException, InterruptedException {
        return jcmd(pid, "Thread.print").stream()
                .filter(line -> line.startsWith("\""))
                .map(line -> line.substring(1, line.indexOf('"', 1)))
                .sorted()
                .toList();
    }

    private static List<String> jcmd(long pid, String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(pid),
                        command)
                .redirectErrorStream(true)
                .start();
        List<String> lines = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        if (jcmd.waitFor() != 0) {
            throw new IllegalStateException("jcmd " + command + ": " + lines);
        }
        return lines;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%6d %-8s %8d %9.1f %9.1f %8d %6d %12d %8d %9d",
                seconds,
                name,
                pid,
                heap / 1e6,
                peak / 1e6,
                threads,
                files,
                connections,
                engines,
                sessions);
    }
}
