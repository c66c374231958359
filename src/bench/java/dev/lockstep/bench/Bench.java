package dev.lockstep.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs the parts named by {@code -Dbench=a,b} (all of them without it), writes {@code target/bench/<part>.json} and ends
 * with 1 when a figure misses its threshold.
 */
public final class Bench {

    private Bench() {}

    public static void main(String[] args) throws Exception {
        Path output = Files.createDirectories(Path.of(System.getProperty("bench.output", "target/bench")));
        int rounds = Integer.getInteger("bench.rounds", 3);
        List<Part> parts = List.of(
                new CatchUpPart(output, rounds),
                new BackfillPart(Math.max(1, rounds - 1)),
                new VerifyPart(),
                new LatencyPart(output),
                new HeapPart(output),
                new ScalePart(),
                new StoresPart(),
                new JournalPart(rounds),
                new ConnectPart(output),
                new RehearsePart(output),
                new WritersPart(output, rounds));
        String chosen = System.getProperty("bench", "");
        Set<String> names = chosen.isBlank() ? Set.of() : Set.of(chosen.split(",", -1));
        List<Figure> all = new ArrayList<>();
        try (BenchServer server = BenchServer.start()) {
            Map<String, Object> machine = machine(server);
            for (Part part : parts) {
                if (names.isEmpty() || names.contains(part.name())) {
                    System.out.println("== " + part.name());
                    long started = System.nanoTime();
                    List<Figure> figures = part.run(server);
                    figures.forEach(figure -> System.out.println(figure.line()));
                    write(output.resolve(part.name() + ".json"), machine, figures, started);
                    all.addAll(figures);
                }
            }
        }
        System.out.println("== all");
        all.forEach(figure -> System.out.println(figure.line()));
        System.exit(all.stream().allMatch(Figure::passes) ? 0 : 1);
    }

    private static void write(Path file, Map<String, Object> machine, List<Figure> figures, long started)
            throws IOException {
        Map<String, Object> result = new LinkedHashMap<>(machine);
        result.put("seconds", (System.nanoTime() - started) / 1_000_000_000);
        List<Map<String, Object>> lines = new ArrayList<>();
        for (Figure figure : figures) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("name", figure.name().strip());
            line.put("value", figure.value());
            line.put("unit", figure.unit());
            line.put(
                    "threshold",
                    figure.threshold() == null ? "" : figure.threshold().toString());
            line.put("verdict", figure.verdict());
            line.put("detail", figure.detail());
            lines.add(line);
        }
        result.put("figures", lines);
        JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), result);
    }

    private static Map<String, Object> machine(BenchServer server) throws Exception {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("at", java.time.Instant.now().toString());
        machine.put("commit", commit());
        machine.put("server", server.database("postgres").text("SHOW server_version"));
        machine.put("settings", BenchServer.SETTINGS);
        machine.put("java", System.getProperty("java.vm.version"));
        machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put(
                "loadBefore",
                java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        .getSystemLoadAverage());
        return machine;
    }

    private static String commit() throws InterruptedException {
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
            String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            git.waitFor();
            return text;
        } catch (IOException e) {
            return "unknown";
        }
    }
}
