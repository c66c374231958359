package dev.lockstep.bench;

import java.util.List;
import java.util.Locale;

/** Ten times the table and ten times the changes: the rate must not fall with the size. */
final class ScalePart implements Part {

    private static final int SMALL = CatchUpPart.ROWS;
    private static final int LARGE = 5_000_000;
    private static final int ROUNDS = 2;

    @Override
    public String name() {
        return "scale";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(false);
        Samples small = new Samples();
        try (BenchDatabase template = data.inStep(server, "bench_template", SMALL)) {
            CatchUp catchUp = new CatchUp(server, data, template, db -> data.changeInBulk(db, SMALL, 5));
            for (int i = 0; i < ROUNDS; i++) {
                small.add(SMALL / catchUp.product().streaming());
            }
        }
        double large;
        try (BenchDatabase template = data.inStep(server, "bench_template", LARGE)) {
            CatchUp catchUp = new CatchUp(server, data, template, db -> data.changeInBulk(db, LARGE, 50));
            large = LARGE / catchUp.product().streaming();
        }
        return List.of(Figure.atLeast(
                0.8,
                "catch-up rate of 5,000,000 changes / of 500,000",
                large / small.median(),
                "ratio",
                String.format(Locale.ROOT, "rows/s: %,.0f; small: %s", large, small)));
    }
}
