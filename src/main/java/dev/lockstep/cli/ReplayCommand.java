package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.replay.Replay;
import dev.lockstep.replay.ReplayReport;
import dev.lockstep.replay.ReplayRequest;
import dev.lockstep.state.Fence;
import java.io.PrintStream;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code replay}: reads old changes again, and brings the rows that they name into step as they are now. */
@Command(
        name = "replay",
        description =
                "Reads old changes again, since a savepoint or from the journal, and checks every row that they name.")
final class ReplayCommand implements Callable<Integer> {

    /** Backfills have the command seats before it, {@code verify} the one behind it. */
    static final int SEAT = Fence.COMMAND_SEAT + 6;

    private final CliContext context;

    /** Exactly one of them. */
    static final class From {

        @Option(names = "--from-savepoint", paramLabel = "NAME", description = "Begin at this savepoint.")
        @Nullable
        String savepoint;

        @Option(
                names = "--from-lsn",
                paramLabel = "LSN",
                description = "Begin behind this LSN: at a savepoint before it, else in the journal.")
        @Nullable
        String lsn;

        @Option(
                names = "--from-time",
                paramLabel = "TIME",
                description =
                        "Begin at this time, such as 2026-11-24T10:00:00Z: at a savepoint before it, else in the journal.")
        @Nullable
        String time;
    }

    @ArgGroup(multiplicity = "0..1")
    private @Nullable From from;

    @Option(
            names = "--from-offset",
            paramLabel = "PARTITION:OFFSET",
            description = "Begin there in the journal; may be repeated. Partitions that are not named are not read.")
    private List<String> fromOffsets = List.of();

    @Option(
            names = "--to-offset",
            paramLabel = "PARTITION:OFFSET",
            description = "Read the journal's partition up to before it; may be repeated.")
    private List<String> toOffsets = List.of();

    @Option(
            names = "--to-lsn",
            paramLabel = "LSN",
            description = "End there; else at the end of what is committed now.")
    private @Nullable String toLsn;

    @Option(names = "--to-time", paramLabel = "TIME", description = "End with what was committed by then.")
    private @Nullable String toTime;

    @Option(names = "--table", paramLabel = "TABLE", description = "Only changes of this table; may be repeated.")
    private List<String> tables = List.of();

    @Option(
            names = "--dry-run",
            description = "Count by table what would be checked and is out of step; write nothing.")
    private boolean dryRun;

    ReplayCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        LockstepConfig config = context.config();
        Database database = context.database(config);
        Expanded expanded = Expanded.read(database, config, "replay");
        ReplayRequest request = request(config, expanded.mapping());
        StopSignal stop = new StopSignal();
        ReplayReport report;
        try (StopOnSignal signal = new StopOnSignal(stop)) {
            signal.exitCode(3);
            Replay replay = new Replay(config, database, expanded.mapping(), expanded.epoch(), SEAT, stop);
            report = dryRun ? replay.dryRun(request) : replay.run(request);
        }
        context.output().show(report, out -> print(report, out));
        return 0;
    }

    private ReplayRequest request(LockstepConfig config, Mapping mapping) {
        Set<TableName> named = new LinkedHashSet<>();
        for (String table : tables) {
            TableName name = TableName.parse(table, config.database().schema());
            if (mapping.scoped(name).isEmpty()) {
                throw LockstepException.wrongInput("--table: " + name + " is not mapped; there are "
                        + mapping.tables().stream()
                                .map(t -> t.table().toString())
                                .collect(Collectors.joining(", ")));
            }
            named.add(name);
        }
        return new ReplayRequest(
                start(),
                toLsn == null ? null : lsn("--to-lsn", toLsn),
                toTime == null ? null : time("--to-time", toTime),
                toOffsets.isEmpty() ? null : JournalOffsets.parse("--to-offset", toOffsets),
                named);
    }

    private ReplayRequest.From start() {
        if ((from == null) == fromOffsets.isEmpty()) {
            throw LockstepException.wrongInput(
                    "replay begins at one of --from-savepoint, --from-lsn, --from-time and --from-offset");
        }
        if (from == null) {
            return new ReplayRequest.FromOffset(JournalOffsets.parse("--from-offset", fromOffsets));
        }
        if (from.savepoint != null) {
            return new ReplayRequest.FromSavepoint(from.savepoint);
        }
        return from.lsn != null
                ? new ReplayRequest.FromLsn(lsn("--from-lsn", from.lsn))
                : new ReplayRequest.FromTime(time("--from-time", String.valueOf(from.time)));
    }

    private static Lsn lsn(String option, String text) {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw LockstepException.wrongInput(
                    option + ": " + text + " is no LSN; write it as the server does, 16/B374D848");
        }
    }

    private static Instant time(String option, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw LockstepException.wrongInput(
                    option + ": " + text + " is no time; write it in UTC, 2026-11-24T10:00:00Z");
        }
    }

    private static void print(ReplayReport report, PrintStream out) {
        report.tables()
                .forEach((table, counts) -> out.printf(
                        Locale.ROOT,
                        "%-32s %,12d rows changed  %,d out of step%n",
                        table,
                        counts.rows(),
                        counts.outOfStep()));
        out.printf(
                Locale.ROOT,
                "%s %s to %s, in %.1f s: %,d changes read, %,d rows checked, %s%n",
                report.dryRun() ? "looked at" : "replayed",
                report.from(),
                report.to(),
                report.seconds(),
                report.changes(),
                report.checked(),
                report.dryRun() ? "nothing written" : String.format(Locale.ROOT, "%,d mended", report.mended()));
    }
}
