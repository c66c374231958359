package dev.lockstep.bench;

import dev.lockstep.bench.OpenLoop.Transaction;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** How long after its commit a row is in step, at 500 transactions a second; every row is counted. */
final class LatencyPart implements Part {

    private static final int PER_SECOND = 500;
    private static final int WARM_UP = 30 * PER_SECOND;
    private static final int MEASURED = 60 * PER_SECOND;
    private static final int ROWS = 200_000;

    private record Persona(String id, String agent) {}

    private final Path output;

    LatencyPart(Path output) {
        this.output = output;
    }

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(true);
        try (BenchDatabase template = data.inStep(server, "bench_template", ROWS);
                BenchDatabase database = server.copy(template, "bench_product")) {
            Product product = new Product(database, data);
            product.expand();
            product.catchUp();
            Process process = product.start("", output.resolve("latency.log"), "run");
            try {
                return measure(database);
            } finally {
                process.destroy();
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
                data.requireInStep(database);
                product.remove();
            }
        }
    }

    private static List<Figure> measure(BenchDatabase database) throws Exception {
        List<Persona> personas = personas(database);
        List<Transaction> transactions = new ArrayList<>();
        Map<String, Integer> number = new HashMap<>();
        List<String> expected = new ArrayList<>();
        List<String> old = ids(database);
        for (int i = 0; i < WARM_UP + MEASURED; i++) {
            Persona persona = personas.get(i % personas.size());
            boolean insert = i % 5 != 0;
            String id = insert ? UUID.randomUUID().toString() : old.get(i);
            number.put(id, i);
            expected.add(persona.agent());
            transactions.add(
                    insert
                            ? new Transaction(
                                    "INSERT INTO \"Messages\" (\"Id\", \"FromPersonaId\", \"Content\") VALUES (?::uuid, ?::uuid, ?)",
                                    List.of(id, persona.id(), "message " + i + " " + "x".repeat(120)))
                            : new Transaction(
                                    "UPDATE \"Messages\" SET \"FromPersonaId\" = ?::uuid WHERE \"Id\" = ?::uuid",
                                    List.of(persona.id(), id)));
        }
        Map<Integer, Long> seen = new ConcurrentHashMap<>();
        OpenLoop load = new OpenLoop(transactions.size());
        DerivedFeed feed = new DerivedFeed(database, (id, agent, nanos) -> {
            Integer n = number.get(id);
            if (n != null && agent.equals(expected.get(n))) {
                seen.putIfAbsent(n, nanos);
            }
        });
        try {
            load.run(database, transactions, PER_SECOND);
            long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (seen.size() < transactions.size() && System.nanoTime() < giveUp) {
                Thread.sleep(50);
            }
        } finally {
            feed.stop();
        }
        if (seen.size() < transactions.size()) {
            throw new IllegalStateException(transactions.size() - seen.size() + " rows were never seen in step");
        }
        return figures(load, seen);
    }

    private static List<Figure> figures(OpenLoop load, Map<Integer, Long> seen) {
        double[] fromDue = new double[MEASURED];
        double[] fromCommit = new double[MEASURED];
        double[] writer = new double[MEASURED];
        for (int i = 0; i < MEASURED; i++) {
            int n = WARM_UP + i;
            long at = seen.getOrDefault(n, Long.MAX_VALUE);
            fromDue[i] = (at - load.due()[n]) / 1e6;
            fromCommit[i] = (at - load.committed()[n]) / 1e6;
            writer[i] = (load.committed()[n] - load.due()[n]) / 1e6;
        }
        Arrays.sort(fromDue);
        Arrays.sort(fromCommit);
        Arrays.sort(writer);
        return List.of(
                Figure.atMost(8, "due to derived at 500 tx/s, p50", at(fromDue, 0.5), "ms", line(fromDue)),
                Figure.atMost(40, "due to derived at 500 tx/s, p99", at(fromDue, 0.99), "ms", "the same"),
                Figure.info("  commit to derived, p50", at(fromCommit, 0.5), "ms", line(fromCommit)),
                Figure.info("  due to commit (the writer's own), p50", at(writer, 0.5), "ms", line(writer)));
    }

    private static double at(double[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * quantile) - 1)];
    }

    private static String line(double[] sorted) {
        return String.format(
                Locale.ROOT,
                "ms of %,d rows: p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, max %.1f",
                sorted.length,
                at(sorted, 0.5),
                at(sorted, 0.9),
                at(sorted, 0.99),
                at(sorted, 0.999),
                at(sorted, 1));
    }

    private static List<Persona> personas(BenchDatabase database) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT \"PersonaId\", \"Id\" FROM \"Agents\" ORDER BY random()")) {
            List<Persona> personas = new ArrayList<>();
            while (rows.next()) {
                personas.add(new Persona(rows.getString(1), rows.getString(2)));
            }
            return personas;
        }
    }

    private static List<String> ids(BenchDatabase database) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT \"Id\" FROM \"Messages\" LIMIT " + (WARM_UP + MEASURED))) {
            List<String> ids = new ArrayList<>();
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
            return ids;
        }
    }
}
