package dev.lockstep.cli;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.rehearse.Rehearsal;
import dev.lockstep.rehearse.RehearsalReport;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rehearse}: 0 when the whole migration went through on the copy, 1 when something would keep it from doing so. */
@Command(
        name = "rehearse",
        description =
                "Does the whole migration on a copy of the database, and tells what each step takes and will take.")
final class RehearseCommand implements Callable<Integer> {

    private static final String SOURCE_PASSWORD = "LOCKSTEP_SOURCE_PASSWORD";
    private static final String COPY_PASSWORD = "LOCKSTEP_COPY_PASSWORD";

    private final CliContext context;

    @Option(
            names = "--into",
            paramLabel = "URL",
            required = true,
            description =
                    "The copy, jdbc:postgresql://HOST:5432/DATABASE; an empty database with --copy-from. User: that of"
                            + " the configuration, or ?user=NAME; password: $" + COPY_PASSWORD
                            + ", or that of the configuration.")
    private String into = "";

    @Option(
            names = "--copy-from",
            paramLabel = "URL",
            description =
                    "Copy the mapped tables from here first, with pg_dump; the live database, a standby of it, or one like it."
                            + " Password: $" + SOURCE_PASSWORD + ", or that of the configuration.")
    private @Nullable String copyFrom;

    @Option(names = "--drop-columns", description = "Have contract drop the persona columns, too.")
    private boolean dropColumns;

    RehearseCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        DatabaseConfig copy = database(config, "--into", into, COPY_PASSWORD);
        DatabaseConfig source = copyFrom == null ? null : database(config, "--copy-from", copyFrom, SOURCE_PASSWORD);
        StopSignal stop = new StopSignal();
        RehearsalReport report;
        try (StopOnSignal signal = new StopOnSignal(stop)) {
            signal.exitCode(3);
            try (ProgressBar bar =
                    new ProgressBar(context.err(), context.output().isJson())) {
                report = new Rehearsal(config, source, copy, new RehearsalTurns(dropColumns, stop), bar, stop).run();
            } catch (LockstepException | InterruptedException e) {
                if (!stop.requested()) {
                    throw e;
                }
                return new ExitPolicy(context.output(), context.err()).fail(e); // later there is no process to say it
            }
        }
        String kept = new RehearsalFile(context.configFile(), config.name()).write(report);
        context.output().show(report, out -> print(report, kept, out));
        return report.ok() ? 0 : 1;
    }

    private DatabaseConfig database(LockstepConfig config, String option, String url, String passwordVariable) {
        Properties parsed = DatabaseConfig.isUrl(url) ? Driver.parseURL(url, new Properties()) : null;
        if (parsed == null) {
            throw LockstepException.wrongInput(option
                    + " has to look like jdbc:postgresql://HOST:5432/DATABASE, with ?user=NAME and the password in "
                    + passwordVariable + " if they are not the configuration's; nothing was touched");
        }
        if (url.contains("password=")) {
            throw LockstepException.wrongInput(
                    option + " holds a password, which every user of this machine can read; set " + passwordVariable
                            + " instead");
        }
        DatabaseConfig own = config.database();
        return new DatabaseConfig(
                url,
                parsed.getProperty("user", own.user()),
                context.environment().getOrDefault(passwordVariable, own.password()),
                own.schema());
    }

    private static void print(RehearsalReport report, String kept, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "rehearsed in %s (PostgreSQL %s), in %.0f s%n",
                report.copy(),
                report.serverVersion(),
                report.seconds());
        out.printf(
                "%-10s %14s %10s %12s %12s %12s%n",
                "on the copy", "rows", "seconds", "WAL kB", "heap kB", "indexes kB");
        for (RehearsalReport.Phase p : report.phases()) {
            out.printf(
                    Locale.ROOT,
                    "  %-9s %14s %10.1f %12s %12s %12s%n",
                    p.phase(),
                    number(p.rows()),
                    p.seconds(),
                    kilobytes(p.walBytes()),
                    kilobytes(p.heapBytes()),
                    kilobytes(p.indexBytes()));
            p.waits()
                    .forEach(wait -> out.printf(
                            Locale.ROOT,
                            "    waited %d times for %s, at most %.1f s%n",
                            wait.times(),
                            wait.lock(),
                            wait.longestSeconds()));
        }
        out.println("to be expected of the live database:");
        for (RehearsalReport.Forecast f : report.forecast()) {
            out.printf(
                    Locale.ROOT,
                    "  %-9s %14s %10s %12s %12s %12s%n",
                    f.phase(),
                    number(f.rows()),
                    f.seconds() == null ? "never" : String.format(Locale.ROOT, "%.1f", f.seconds()),
                    f.walBytes() == null ? "-" : kilobytes(f.walBytes()),
                    kilobytes(f.heapBytes()),
                    kilobytes(f.indexBytes()));
        }
        report.assumptions().forEach(line -> out.println("assuming: " + line));
        report.notes().forEach(line -> out.println("note: " + line));
        if (!report.blockers().isEmpty()) {
            out.println("it would not have gone on:");
            report.blockers().forEach(blocker -> out.println("  " + blocker.line()));
        }
        out.println(kept);
        out.println(report.ok() ? "REHEARSED" : "NOT TO THE END");
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String kilobytes(long bytes) {
        return number(bytes / 1024);
    }
}
