package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.DatabaseControls;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.monitor.http.HttpEndpoints;
import dev.lockstep.run.Sidecar;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code run}: the sidecar. Ends with 0 on SIGTERM or SIGINT after the batch in hand, or when caught up. */
@Command(name = "run", description = "Keeps every row in step until stopped; also completes an unfinished backfill.")
final class RunCommand implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(RunCommand.class);

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
                HttpEndpoints http =
                        new HttpEndpoints(config, metrics, pulse, new DatabaseControls(database, config.name()))) {
            http.start();
            try {
                new Sidecar(config, database, pulse, metrics.sync(), metrics.scans(), stop).run(untilCaughtUp);
            } catch (InterruptedException e) {
                if (!stop.requested()) {
                    throw e;
                }
                log.debug("stopped while it waited", e);
            }
            String how = stop.requested() ? "stopped" : "ended";
            log.info("{} {}", config.name(), how);
            context.output().show(Map.of("ended", how), out -> {});
            signal.exitCode(0);
        }
        return 0;
    }
}
