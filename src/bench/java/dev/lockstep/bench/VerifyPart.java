package dev.lockstep.bench;

import java.util.ArrayList;
import java.util.List;

/** A verification of 2,000,000 rows in step against one count over the join, as parallel as the server likes. */
final class VerifyPart implements Part {

    private static final int ROWS = 2_000_000;
    private static final int ROUNDS = 5;

    @Override
    public String name() {
        return "verify";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        List<Figure> figures = new ArrayList<>();
        try (BenchDatabase database = new Data(true).inStep(server, "bench_verify", ROWS)) {
            for (boolean hashed : new boolean[] {true, false}) {
                Data data = new Data(hashed);
                Product product = new Product(database, data);
                product.expand();
                measure(database, data, product, figures);
                product.remove();
            }
        }
        return figures;
    }

    private static void measure(BenchDatabase database, Data data, Product product, List<Figure> figures)
            throws Exception {
        Samples floor = new Samples();
        Samples verify = new Samples();
        data.requireInStep(database);
        product.verify();
        for (int i = 0; i < ROUNDS; i++) {
            floor.add(ROWS / database.seconds(data.outOfStep()));
            long started = System.nanoTime();
            product.verify();
            verify.add(ROWS / ((System.nanoTime() - started) / 1e9));
        }
        figures.add(Figure.atLeast(
                0.8,
                "verify of 2,000,000 rows / one count" + (data.hashed() ? ", with content hash" : ", agents only"),
                verify.median() / floor.median(),
                "ratio",
                "rows/s: " + verify + "; floor: " + floor));
    }
}
