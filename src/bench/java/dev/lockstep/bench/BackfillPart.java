package dev.lockstep.bench;

import java.util.ArrayList;
import java.util.List;

/** The backfill of 2,000,000 rows against one big UPDATE on a copy of the same data. */
final class BackfillPart implements Part {

    static final int ROWS = 2_000_000;

    private final int rounds;

    BackfillPart(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "backfill";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        List<Figure> figures = new ArrayList<>();
        try (BenchDatabase template = new Data(true).legacy(server, "bench_template", ROWS)) {
            measure(server, new Data(true), template, rounds, figures);
            measure(server, new Data(false), template, 1, figures);
        }
        return figures;
    }

    private static void measure(BenchServer server, Data data, BenchDatabase template, int rounds, List<Figure> figures)
            throws Exception {
        Samples floor = new Samples();
        Samples product = new Samples();
        for (int i = 0; i < rounds; i++) {
            floor.add(ROWS / floor(server, data, template));
            product.add(ROWS / product(server, data, template));
        }
        String suffix = data.hashed() ? ", with content hash" : ", agents only";
        figures.add(Figure.atLeast(
                0.8,
                "backfill of 2,000,000 rows / one UPDATE" + suffix,
                product.median() / floor.median(),
                "ratio",
                "rows/s: " + product + "; floor: " + floor));
    }

    private static double floor(BenchServer server, Data data, BenchDatabase template) throws Exception {
        try (BenchDatabase database = server.copy(template, "bench_floor")) {
            Product product = new Product(database, data);
            product.expand();
            database.execute(
                    "INSERT INTO \"Agents\" (\"Id\", \"PersonaId\", \"Name\", \"MemoryRootId\")"
                            + " SELECT gen_random_uuid(), \"Id\", \"Name\", gen_random_uuid() FROM \"Personas\"; ANALYZE \"Agents\"");
            product.remove();
            database.execute("CHECKPOINT");
            double seconds = database.seconds(data.oneUpdate());
            data.requireInStep(database);
            return seconds;
        }
    }

    private static double product(BenchServer server, Data data, BenchDatabase template) throws Exception {
        try (BenchDatabase database = server.copy(template, "bench_product")) {
            Product product = new Product(database, data);
            product.expand();
            database.execute("CHECKPOINT");
            long started = System.nanoTime();
            product.backfill();
            double seconds = (System.nanoTime() - started) / 1e9;
            data.requireInStep(database);
            product.remove();
            return seconds;
        }
    }
}
