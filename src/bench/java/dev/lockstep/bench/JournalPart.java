package dev.lockstep.bench;

import dev.lockstep.testing.Broker;
import java.util.List;

/** Catching up with a journal against catching up without one, in alternation; the broker shares the machine. */
final class JournalPart implements Part {

    private static final int TRANSACTIONS = 5;

    private final int rounds;

    JournalPart(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "journal";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(true);
        try (Broker broker = Broker.start();
                BenchDatabase template = data.inStep(server, "bench_template", CatchUpPart.ROWS)) {
            CatchUp.Changes changes = db -> data.changeInBulk(db, CatchUpPart.ROWS, TRANSACTIONS);
            CatchUp without = new CatchUp(server, data, template, changes);
            CatchUp with = new CatchUp(
                    server, data, template, changes, "kafka: {bootstrapServers: '" + broker.servers() + "'}\n");
            Samples floor = new Samples();
            Samples journaled = new Samples();
            without.product(); // warm
            with.product();
            for (int i = 0; i < rounds; i++) {
                floor.add(CatchUpPart.ROWS / without.product().streaming());
                journaled.add(CatchUpPart.ROWS / with.product().streaming());
            }
            return List.of(Figure.atLeast(
                    0.75,
                    "catch-up of 500,000 changes with a journal / without",
                    journaled.median() / floor.median(),
                    "ratio",
                    "rows/s: " + journaled + "; without: " + floor));
        }
    }
}
