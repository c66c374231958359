package dev.lockstep.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** PostgreSQL's own load generator with one script, at its fastest or at a rate. */
final class Pgbench {

    private static final Pattern TPS = Pattern.compile("(?m)^tps = ([0-9.]+)");
    private static final int CLIENTS = 8;
    private static final long MICROS = 1_000_000;

    private final Path program;
    private final Path script;
    private final Path folder;

    /**
     * What a run came to.
     *
     * @param perSecond transactions
     * @param micros of each after the first seconds, sorted; at a rate from the moment it was due
     */
    record Run(double perSecond, List<Long> micros) {

        Run {
            micros = List.copyOf(micros);
        }

        double millis(double quantile) {
            return micros.get((int) Math.min(micros.size() - 1, Math.ceil(micros.size() * quantile) - 1)) / 1e3;
        }
    }

    /** @param folder for its log of every transaction */
    Pgbench(String script, Path folder) throws IOException {
        this.program = Programs.find("pgbench");
        this.folder = Files.createDirectories(folder);
        this.script = Files.writeString(folder.resolve("script.sql"), script);
    }

    /** As fast as it can. */
    Run fastest(BenchDatabase database, int seconds, int seed) throws IOException, InterruptedException {
        return run(database, seconds, seed, List.of());
    }

    /** Transactions are due at random moments, so many a second, whatever the answers take. */
    Run atRate(BenchDatabase database, int perSecond, int seconds, int seed) throws IOException, InterruptedException {
        return run(database, seconds, seed, List.of("--rate=" + perSecond));
    }

    private Run run(BenchDatabase database, int seconds, int seed, List<String> more)
            throws IOException, InterruptedException {
        clear();
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--no-vacuum",
                "--protocol=prepared",
                "--client=" + CLIENTS,
                "--jobs=1",
                "--time=" + seconds,
                "--random-seed=" + seed,
                "--log",
                "--log-prefix=" + folder.resolve("log"),
                "--file=" + script,
                "--host=127.0.0.1",
                "--port=" + database.port(),
                "--username=postgres"));
        command.addAll(more);
        command.add(database.name());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", "postgres");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher tps = TPS.matcher(output);
        if (process.waitFor() != 0 || !tps.find()) {
            throw new IllegalStateException(String.join(" ", command) + ": " + output);
        }
        return new Run(Double.parseDouble(tps.group(1)), micros());
    }

    /** A line is: client, number, microseconds, script, second, microsecond, and at a rate the delay of its start. */
    private List<Long> micros() throws IOException {
        List<long[]> all = new ArrayList<>();
        for (Path log : logs()) {
            try (Stream<String> lines = Files.lines(log)) {
                lines.map(line -> line.split(" ", -1))
                        .filter(words -> words.length >= 6 && !words[2].startsWith("s")) // skipped
                        .forEach(words -> all.add(new long[] {
                            Long.parseLong(words[4]) * MICROS + Long.parseLong(words[5]), Long.parseLong(words[2])
                        }));
            }
        }
        long first = all.stream().mapToLong(one -> one[0]).min().orElse(0);
        return all.stream()
                .filter(one -> one[0] - first > 2 * MICROS)
                .map(one -> one[1])
                .sorted()
                .toList();
    }

    private void clear() throws IOException {
        for (Path log : logs()) {
            Files.delete(log);
        }
    }

    private List<Path> logs() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("log."))
                    .toList();
        }
    }
}
