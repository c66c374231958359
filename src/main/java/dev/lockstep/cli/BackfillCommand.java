package dev.lockstep.cli;

import dev.lockstep.backfill.ScanRunner;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.run.BackfillLog;
import dev.lockstep.state.Fence;
import dev.lockstep.throttle.Throttle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code backfill}: the scan of existing rows, apart from {@code run}. Killed, it goes on where it stopped. */
@Command(name = "backfill", description = "Brings existing rows into step, then builds indexes; run does this too.")
final class BackfillCommand implements Callable<Integer> {

    private static final int MOST_WORKERS = 6;

    private final CliContext context;

    BackfillCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        Database database = context.database(config);
        Expanded expanded = Expanded.read(database, config, "backfill");
        Mapping mapping = expanded.mapping();
        long epoch = expanded.epoch();
        StopSignal stop = new StopSignal();
        long rows = 0;
        List<String> built = new ArrayList<>();
        try (StopOnSignal signal = new StopOnSignal(stop);
                ProgressBar bar =
                        new ProgressBar(context.err(), context.output().isJson())) {
            signal.exitCode(3);
            ScanRunner runner = new ScanRunner(
                    config.name(),
                    mapping,
                    new AgentCache(),
                    worker -> WriteSession.open(
                            database, config.name(), "backfill-" + worker, Fence.COMMAND_SEAT + worker, epoch),
                    config.backfill().batch(),
                    Math.min(config.backfill().workers(), MOST_WORKERS),
                    new Throttle(
                            database,
                            config.name(),
                            "backfill-throttle",
                            "the backfill",
                            config.run().heartbeat(),
                            stop),
                    bar,
                    stop);
            PostBackfill indexes = new PostBackfill(
                    database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
            BackfillLog log = new BackfillLog(database, config.name());
            log.begins();
            do {
                rows += runner.run();
                built.addAll(indexes.finish());
            } while (runner.left()); // vectors come last, after the indexes they are tied by
            log.ends();
        }
        long written = rows;
        context.output().show(Map.of("rowsWritten", written, "built", built), out -> {
            out.println("backfilled: " + written + " rows written");
            built.forEach(title -> out.println("  done  " + title));
        });
        return 0;
    }
}
