package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code status}: where everything stands; reads only. */
@Command(name = "status", description = "Tells phase, lag, slot, backfill, dead letters and gaps.")
final class StatusCommand implements Callable<Integer> {

    private final CliContext context;

    StatusCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        LockstepConfig config = context.config();
        StatusReport report = StatusReader.once(context.database(config), config);
        context.output().show(report, out -> print(report, out));
        return 0;
    }

    private static void print(StatusReport s, PrintStream out) {
        out.printf("phase        %s%n", s.phase());
        out.printf(
                "runner       %s%n",
                s.runner().live()
                        ? s.runner().holder() + " (epoch " + s.runner().epoch() + "), " + s.standbys() + " on standby"
                        : "none");
        out.printf(
                "lag          %s, %s%n", bytes(s.lag().bytes()), seconds(s.lag().seconds()));
        out.printf(
                "applied      %s%n",
                s.applied().lsn() == null ? "-" : s.applied().lsn());
        out.printf(
                "slot         %s: %s%s, keeps %s of WAL%n",
                s.slot().name(),
                s.slot().exists() ? (s.slot().active() ? "active" : "not active") : "missing",
                s.slot().walStatus() == null ? "" : " (wal_status " + s.slot().walStatus() + ")",
                bytes(s.slot().retainedBytes()));
        out.printf("WAL budget   %s%n", s.budget().text());
        out.printf(
                "throttle     %s%s%n",
                s.throttle().level(),
                s.throttle().by().isEmpty()
                        ? ""
                        : ", because of " + s.throttle().by());
        for (StatusReport.Backfill b : s.backfill()) {
            out.printf(
                    Locale.ROOT,
                    "%-12s %s: %s, %d of %d blocks, %,d rows written%n",
                    b.kind(),
                    b.table(),
                    b.state(),
                    b.done(),
                    b.total(),
                    b.rowsWritten());
        }
        out.printf(Locale.ROOT, "rows         %,d by the stream, %,d by scans%n", s.rowsStreamed(), s.rowsScanned());
        out.printf("dead letters %d%n", s.deadLetters());
        s.deadLetterExamples()
                .forEach(l -> out.printf("  %s %s: %s (%d tries)%n", l.table(), l.key(), l.reason(), l.tries()));
        out.printf("gaps         %d, %d not scanned, %d not verified%n", s.gaps(), s.gapsOpen(), s.gapsUnverified());
        for (StatusReport.Store store : s.stores()) {
            out.printf(
                    Locale.ROOT,
                    "vectors      %s: %,d points, %,d stamped, %,d changes wait%s, legacy %,d, orphaned %,d%s%n",
                    store.store(),
                    store.points(),
                    store.stamped(),
                    store.waiting(),
                    store.waitingSeconds() == null ? "" : " (" + seconds(store.waitingSeconds()) + ")",
                    store.legacy(),
                    store.orphaned(),
                    store.sweepDue() ? String.format(Locale.ROOT, ", sweeping (%,d)", store.sweepPoints()) : "");
        }
        if (s.rehearsal() != null) {
            print(s.rehearsal(), out);
        }
        s.blockers().forEach(line -> out.println("!  " + line));
        if (!s.gate().isEmpty()) {
            out.println("not to be turned yet (`lockstep cutover`):");
            s.gate().forEach(blocker -> out.println("   " + blocker.line()));
        }
    }

    private static void print(StatusReport.Rehearsal rehearsal, PrintStream out) {
        out.printf(
                "rehearsed    %s in %s%s%n",
                rehearsal.at(),
                rehearsal.copy(),
                rehearsal.ok() ? "" : ", NOT TO THE END: `lockstep rehearse` says why");
        for (StatusReport.Rehearsal.Step step : rehearsal.steps()) {
            out.printf("  %-10s expected %s; took %s%n", step.phase(), took(step.expected()), took(step.real()));
        }
    }

    private static String took(StatusReport.Rehearsal.@Nullable Took took) {
        return took == null
                ? "-"
                : String.format(
                        Locale.ROOT,
                        "%s, %,d rows, %s of WAL",
                        seconds(took.seconds()),
                        took.rows(),
                        bytes(took.walBytes()));
    }

    private static String bytes(@Nullable Long bytes) {
        return bytes == null ? "-" : String.format(Locale.ROOT, "%,d kB", bytes / 1024);
    }

    private static String seconds(@Nullable Double seconds) {
        return seconds == null ? "-" : String.format(Locale.ROOT, "%.1f s", seconds);
    }
}
