package dev.lockstep.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What a rehearsal on a copy of 1,000,000 messages tells, against what the real run on the same data then takes. */
final class RehearsePart implements Part {

    private static final int ROWS = 1_000_000;

    /** Of what was expected; the bound. */
    private static final double BOUND = 0.2;

    /** By the evidence of both; a verification is told by its own report. */
    private static final String STEPS = """
            SELECT f ->> 'phase', (f ->> 'rows')::bigint, (f ->> 'seconds')::float8, (f ->> 'walBytes')::float8,
                   CASE WHEN e.kind = 'verify' THEN (SELECT sum((t ->> 'rows')::bigint) FROM jsonb_array_elements(e.report -> 'tables') t)
                        ELSE (e.report -> 'cost' ->> 'rows')::bigint END,
                   coalesce((e.report -> 'cost' ->> 'seconds')::float8, (e.report ->> 'seconds')::float8),
                   coalesce((e.report -> 'cost' ->> 'walBytes')::float8, 0)
              FROM bench.evidence r, jsonb_array_elements(r.report -> 'forecast') WITH ORDINALITY o(f, n)
              JOIN LATERAL (SELECT * FROM bench.evidence x WHERE x.kind = f ->> 'phase' AND x.clean ORDER BY id LIMIT 1) e ON true
             WHERE r.kind = 'rehearsal' ORDER BY n
            """;

    private final Path output;

    RehearsePart(Path output) {
        this.output = output;
    }

    private record Step(
            String name, long rows, double seconds, double wal, long realRows, double realSeconds, double realWal) {}

    @Override
    public String name() {
        return "rehearse";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(true);
        List<Step> steps;
        try (BenchDatabase template = data.legacy(server, "bench_template", ROWS);
                BenchDatabase live = server.copy(template, "bench_live")) {
            Product product = new Product(live, data, "cutover: {maxLagSeconds: 30, steadyMinutes: 0}\n");
            try (BenchDatabase copy = server.copy(template, "bench_copy")) {
                copy.execute("CHECKPOINT");
                command(product, "rehearse", "--into", copy.url());
            }
            live.execute("CHECKPOINT");
            steps = real(product, live);
        }
        double expected = steps.stream().mapToDouble(Step::seconds).sum();
        double took = steps.stream().mapToDouble(Step::realSeconds).sum();
        double expectedWal = steps.stream().mapToDouble(Step::wal).sum();
        double wal = steps.stream().mapToDouble(Step::realWal).sum();
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.atMost(
                BOUND,
                "rehearsal of 1,000,000 messages: duration off by",
                Math.abs(took / expected - 1),
                "of it",
                String.format(Locale.ROOT, "s: expected %.1f, real %.1f", expected, took)));
        figures.add(Figure.atMost(
                BOUND,
                "  WAL off by",
                Math.abs(wal / expectedWal - 1),
                "of it",
                String.format(Locale.ROOT, "MB: expected %.1f, real %.1f", expectedWal / 1e6, wal / 1e6)));
        figures.add(Figure.atMost(
                0,
                "  rows off by",
                (double) steps.stream()
                        .mapToLong(step -> Math.abs(step.realRows() - step.rows()))
                        .sum(),
                "rows",
                "each step: " + steps.stream().map(Step::realRows).toList()));
        steps.forEach(step -> figures.add(Figure.info(
                "  " + step.name() + ", real / expected",
                step.realSeconds() / step.seconds(),
                "ratio",
                String.format(
                        Locale.ROOT,
                        "s: expected %.2f, real %.2f; MB of WAL: %.1f and %.1f",
                        step.seconds(),
                        step.realSeconds(),
                        step.wal() / 1e6,
                        step.realWal() / 1e6))));
        return figures;
    }

    /** By hand, one command after the other. */
    private List<Step> real(Product product, BenchDatabase live) throws Exception {
        command(product, "expand");
        Process run = product.start("", output.resolve("rehearse-run.log"), "run");
        try {
            while (live.number("SELECT count(*) FROM bench.evidence WHERE kind = 'backfill' AND clean") == 0) {
                if (!run.isAlive()) {
                    throw new IllegalStateException("run ended");
                }
                Thread.sleep(200);
            }
            command(product, "verify", "--reads", "100");
            command(product, "cutover");
            command(product, "contract", "--confirm", live.name());
            run.waitFor(1, TimeUnit.MINUTES);
        } finally {
            run.destroyForcibly();
        }
        List<Step> steps = new ArrayList<>();
        try (Connection connection = live.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(STEPS)) {
            while (row.next()) {
                steps.add(new Step(
                        row.getString(1),
                        row.getLong(2),
                        row.getDouble(3),
                        row.getDouble(4),
                        row.getLong(5),
                        row.getDouble(6),
                        row.getDouble(7)));
            }
        }
        return steps;
    }

    private void command(Product product, String... arguments) throws Exception {
        // one file for the configuration, so that the rehearsal is found beside it
        Process process = product.start("", output.resolve("rehearse.log"), arguments);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(
                    String.join(" ", arguments) + " failed, see " + output.resolve("rehearse.log"));
        }
    }
}
