package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.HttpEndpoints;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.run.Sidecar;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code run}: the sidecar. Ends with 0 on SIGTERM or SIGINT after the batch in hand, or when caught up. */
@Command(name = "run", description = "Keeps every row in step until stopped; also completes an unfinished backfill.")
final class RunCommand implements Callable<Integer> {

    private final CliContext context;

    @Option(
            names = "--until-caught-up",
            description = "Apply all that was committed before now, finish the backfill, then end.")
    private boolean untilCaughtUp;

    RunCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        Database database = context.database(config);
        StopSignal stop = new StopSignal();
        Pulse pulse = new Pulse();
        try (StopOnSignal signal = new StopOnSignal(stop);
                Metrics metrics = new Metrics(database, config, pulse);
                HttpEndpoints http = new HttpEndpoints(
                        config.http(),
                        metrics,
                        pulse,
                        config.monitor(),
                        config.run().heartbeat())) {
            http.start();
            new Sidecar(config, database, pulse, metrics.sync(), metrics.scans(), stop).run(untilCaughtUp);
            signal.exitCode(0);
        }
        return 0;
    }
}
