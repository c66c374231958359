package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.demo.DemoSchema;
import dev.lockstep.demo.LegacyCounts;
import dev.lockstep.demo.LegacyWriters;
import dev.lockstep.model.StopSignal;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code demo-legacy}: the demo's legacy application on the configured database; {@code docker-compose.yml} runs it. */
@Command(
        name = "demo-legacy",
        hidden = true,
        description = "Makes the demo's legacy tables, or is their legacy writers until stopped.")
final class DemoLegacyCommand implements Callable<Integer> {

    private static final DemoSchema.Size SIZE = new DemoSchema.Size(100, 2_000, 20_000);
    private static final LegacyWriters.Load LOAD = new LegacyWriters.Load(50, 0.02, 100);
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** In lower case, as they are written on the command line. */
    enum Part {
        schema,
        writers
    }

    private final CliContext context;

    @Parameters(paramLabel = "schema|writers")
    private Part part = Part.schema;

    DemoLegacyCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        return switch (part) {
            case schema -> schema(config);
            case writers -> write(config);
        };
    }

    private int schema(LockstepConfig config) throws Exception {
        try (Connection connection = context.database(config).open("demo")) {
            boolean made = !DemoSchema.isThere(connection);
            if (made) {
                DemoSchema.create(connection, SIZE);
            }
            context.output().show(Map.of("made", made), out -> out.println(made ? "made" : "there already"));
        }
        return 0;
    }

    private int write(LockstepConfig config) throws Exception {
        StopSignal stop = new StopSignal();
        try (StopOnSignal signal = new StopOnSignal(stop);
                LegacyWriters writers = new LegacyWriters(config.database(), SIZE, LOAD, new Random())) {
            writers.start();
            while (!stop.pause(LOOK)) {
                writers.check();
            }
            LegacyCounts counts = writers.stop();
            context.output()
                    .show(counts, out -> out.println(counts.committed() + " transactions, " + counts.rows() + " rows"));
            signal.exitCode(0);
        }
        return 0;
    }
}
