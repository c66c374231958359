package dev.lockstep.cli;

import dev.lockstep.demo.Demo;
import dev.lockstep.demo.DemoReport;
import dev.lockstep.demo.DemoSchema;
import dev.lockstep.model.StopSignal;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: the whole main job on a PostgreSQL of its own. Needs no configuration. 1 when a row is out of step. */
@Command(name = "demo", description = "Shows the whole main job on a PostgreSQL of its own; leaves nothing behind.")
final class DemoCommand implements Callable<Integer> {

    private static final DemoSchema.Size SIZE = new DemoSchema.Size(1_000, 20_000, 200_000);

    private final CliContext context;

    @Option(names = "--once", description = "End after the verdict; otherwise the demo stays up until Ctrl-C.")
    private boolean once;

    DemoCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LogSettings.quiet(context.environment());
        Output output = context.output();
        StopSignal stop = new StopSignal();
        int code;
        try (StopOnSignal signal = new StopOnSignal(stop);
                ProgressBar bar = new ProgressBar(context.err(), output.isJson());
                Demo demo = new Demo(SIZE, context.environment(), output::tell, bar, new Random(), stop)) {
            DemoReport report = demo.run(once ? new DemoTurns(stop) : null);
            code = report.ok() ? 0 : 1;
            signal.exitCode(code);
            output.show(
                    report,
                    out -> out.printf(
                            Locale.ROOT,
                            "%s: %,d rows out of step before, %,d now; %.0f s%n",
                            report.ok() ? "PASSED, every row is in step" : "FAILED, see above",
                            report.outOfStep().before(),
                            report.outOfStep().after(),
                            report.seconds()));
            if (!once) {
                output.tell("it stays up, with writers at work, until Ctrl-C");
                demo.stay();
                LogSettings.silent(context.environment()); // the server ends by the same signal
            }
        }
        return code;
    }
}
