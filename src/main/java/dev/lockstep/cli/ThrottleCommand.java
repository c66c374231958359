package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.state.Control;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.throttle.Limits;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jdbi.v3.core.Handle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code throttle}: what holds up work that can wait, its limits, and the pause. */
@Command(
        name = "throttle",
        description =
                "Shows or sets the limits beyond which scans and verifications slow down; pauses and resumes run.")
final class ThrottleCommand implements Callable<Integer> {

    private final CliContext context;

    @Option(
            names = "--set",
            paramLabel = "SIGNAL=LIMIT",
            description = "Sets a limit; beyond it work is slowed down, beyond twice of it stopped.")
    private final Map<String, Double> set = new LinkedHashMap<>();

    @Option(names = "--reset", description = "Takes the default limits again.")
    private boolean reset;

    @Option(names = "--pause", description = "Has run write nothing until it is resumed, or the WAL budget runs out.")
    private boolean pause;

    @Option(names = "--resume", description = "Ends the pause.")
    private boolean resume;

    ThrottleCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws SQLException {
        LockstepConfig config = context.config();
        Limits.of(set);
        if (pause && resume) {
            throw LockstepException.wrongInput("--pause or --resume, not both");
        }
        Database database = context.database(config);
        try (Connection connection = database.open("throttle")) {
            ControlSchema.require(connection, config.name());
            Handles.tell(connection, handle -> handle.useTransaction(tx -> change(tx, new Control(config.name()))));
        }
        StatusReport status = StatusReader.once(database, config);
        context.output()
                .show(
                        Map.of("pause", status.pause(), "throttle", status.throttle(), "budget", status.budget()),
                        out -> print(status, out));
        return 0;
    }

    private void change(Handle handle, Control control) {
        if (reset) {
            control.resetLimits(handle);
        }
        if (!set.isEmpty()) {
            control.setLimits(handle, set);
        }
        if (pause) {
            control.startPause(handle, "lockstep throttle");
        }
        if (resume) {
            control.endPause(handle, "");
        }
    }

    private static void print(StatusReport status, PrintStream out) {
        StatusReport.Pause pause = status.pause();
        out.println(pause.active() ? "paused since " + pause.since() + " by " + pause.by() : "not paused");
        if (!pause.ended().isEmpty()) {
            out.println("the last pause ended by itself: " + pause.ended());
        }
        out.println(status.budget().text());
        out.println("scans and verifications: " + status.throttle().level()
                + (status.throttle().by().isEmpty()
                        ? ""
                        : ", because of " + status.throttle().by()));
        for (StatusReport.Throttling.Signal signal : status.throttle().signals()) {
            out.printf(Locale.ROOT, "  %-20s %,15.0f  limit %,15.0f%n", signal.name(), signal.value(), signal.limit());
        }
    }
}
