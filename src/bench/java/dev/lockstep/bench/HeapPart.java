package dev.lockstep.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** One transaction of 1,000,000 rows, caught up by a process with a small heap. */
final class HeapPart implements Part {

    private static final int ROWS = 1_000_000;

    private final Path output;

    HeapPart(Path output) {
        this.output = output;
    }

    @Override
    public String name() {
        return "heap";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(true);
        try (BenchDatabase template = data.inStep(server, "bench_template", 1000)) {
            CatchUp catchUp = new CatchUp(server, data, template, db -> db.execute("""
                            INSERT INTO "Messages" ("No", "FromPersonaId", "Content")
                              SELECT i, p."Id", 'later ' || repeat(md5(i::text), 4) FROM generate_series(1, %d) i
                              JOIN "Personas" p ON p."No" = i %% %d""".formatted(ROWS, Data.PERSONAS)));
            CatchUp.Timing timing = catchUp.process("-Xmx256m", output.resolve("heap.log"));
            return List.of(Figure.atLeast(
                    1,
                    "1,000,000 rows in one transaction with -Xmx256m",
                    1,
                    "ended",
                    String.format(
                            Locale.ROOT,
                            "streaming %.1f s (%,.0f rows/s), whole process %.1f s",
                            timing.streaming(),
                            ROWS / timing.streaming(),
                            timing.wall())));
        }
    }
}
