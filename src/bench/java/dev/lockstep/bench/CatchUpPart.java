package dev.lockstep.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** 500,000 changes made while the sidecar was away, against one big UPDATE on a copy of the same data. */
final class CatchUpPart implements Part {

    static final int ROWS = 500_000;
    private static final int SMALL = 100_000;
    private static final int TRANSACTIONS = 5;

    private final Path output;
    private final int rounds;

    CatchUpPart(Path output, int rounds) {
        this.output = output;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "catchup";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        List<Figure> figures = new ArrayList<>();
        for (boolean hashed : new boolean[] {true, false}) {
            Data data = new Data(hashed);
            try (BenchDatabase template = data.inStep(server, "bench_template", ROWS)) {
                bulk(server, data, template, hashed ? rounds : 1, figures);
                if (hashed) {
                    small(server, data, template, figures);
                }
            }
        }
        return figures;
    }

    private void bulk(BenchServer server, Data data, BenchDatabase template, int times, List<Figure> figures)
            throws Exception {
        CatchUp catchUp = new CatchUp(server, data, template, db -> data.changeInBulk(db, ROWS, TRANSACTIONS));
        Samples floor = new Samples();
        Samples streaming = new Samples();
        Samples wall = new Samples();
        for (int i = 0; i < times; i++) {
            floor.add(ROWS / catchUp.floor());
            CatchUp.Timing timing = catchUp.product();
            streaming.add(ROWS / timing.streaming());
            wall.add(ROWS / timing.wall());
        }
        String suffix = data.hashed() ? ", with content hash" : ", agents only";
        figures.add(Figure.atLeast(
                0.6,
                "catch-up of 500,000 changes / one UPDATE" + suffix,
                streaming.median() / floor.median(),
                "ratio",
                "rows/s: " + streaming + "; floor: " + floor));
        figures.add(Figure.info(
                "  the same, engine start and stop included",
                wall.median() / floor.median(),
                "ratio",
                "rows/s: " + wall));
        if (data.hashed()) {
            CatchUp.Timing cold = catchUp.process("", output.resolve("catchup.log"));
            figures.add(Figure.info(
                    "  the same, as a process of its own (cold JVM)",
                    ROWS / cold.streaming() / floor.median(),
                    "ratio",
                    String.format(
                            Locale.ROOT, "streaming %.1f s, whole process %.1f s", cold.streaming(), cold.wall())));
        }
    }

    private static void small(BenchServer server, Data data, BenchDatabase template, List<Figure> figures)
            throws Exception {
        CatchUp catchUp = new CatchUp(server, data, template, db -> data.changeOneByOne(db, SMALL));
        double floor = SMALL / catchUp.floor();
        double rate = SMALL / catchUp.product().streaming();
        figures.add(Figure.info(
                "catch-up of 100,000 single-row transactions / one UPDATE",
                rate / floor,
                "ratio",
                String.format(Locale.ROOT, "rows/s: %,.0f; floor: %,.0f", rate, floor)));
    }
}
