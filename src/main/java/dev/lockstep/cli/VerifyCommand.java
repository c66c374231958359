package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.state.Fence;
import dev.lockstep.throttle.Throttle;
import dev.lockstep.verify.ReadReport;
import dev.lockstep.verify.RowRepair;
import dev.lockstep.verify.StoreRepair;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code verify}: 0 when every row is in step, 1 when not. */
@Command(name = "verify", description = "Holds every mapped row against its persona's agent and its content's hash.")
final class VerifyCommand implements Callable<Integer> {

    private static final int WORKERS = 2;
    private static final int SEAT = Fence.COMMAND_SEAT + 7;

    private final CliContext context;

    @Option(names = "--repair", description = "Bring into step what is not, then verify again.")
    private boolean repair;

    @Option(
            names = "--reads",
            paramLabel = "N",
            description = "Then read around N rows of each table by persona and by agent, and compare.")
    private @Nullable Integer reads;

    VerifyCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        if (reads != null && reads < 1) {
            throw LockstepException.wrongInput("--reads takes a number of rows, at least 1, not " + reads);
        }
        LockstepConfig config = context.config();
        Database database = context.database(config);
        Expanded expanded = Expanded.read(database, config, "verify");
        Mapping mapping = expanded.mapping();
        long epoch = expanded.epoch();
        StopSignal stop = new StopSignal();
        Verifier plain = verifier(config, database, mapping, stop);
        Verifier verifier = reads == null ? plain : plain.reading(reads);
        VerifyReport report;
        try (StopOnSignal signal = new StopOnSignal(stop)) {
            signal.exitCode(3);
            report = repair
                    ? repairing(verifier, database, config, mapping, epoch, stop)
                    : verifier.run(Verifier.Repair.NONE);
        }
        context.output().show(report, out -> print(report, out));
        return report.clean() ? 0 : 1;
    }

    /** As the command verifies: slowed down by what slows a scan down. */
    static Verifier verifier(LockstepConfig config, Database database, Mapping mapping, StopSignal stop) {
        return new Verifier(
                database,
                config.name(),
                mapping,
                WORKERS,
                new StoreAdapters(),
                config.stores(),
                Throttle.ofVerification(
                        database, config.name(), "verify-throttle", config.run().heartbeat(), stop),
                stop);
    }

    private static VerifyReport repairing(
            Verifier verifier, Database database, LockstepConfig config, Mapping mapping, long epoch, StopSignal stop)
            throws Exception {
        try (WriteSession session = WriteSession.open(database, config.name(), "repair", SEAT, epoch)) {
            return verifier.run(new StoreRepair(
                    new RowRepair(session, config.name(), mapping, stop),
                    session,
                    config.name(),
                    mapping,
                    config.stores(),
                    new StoreAdapters(),
                    epoch,
                    stop));
        }
    }

    private String verdict(VerifyReport report) {
        if (report.clean()) {
            return "CLEAN";
        }
        if (report.deadLetters() > 0) {
            return "NOT IN STEP, dead letters among it: lockstep status names them, each with what has to be mended;";
        }
        boolean rowsClean = report.tables().stream().allMatch(VerifyReport.Table::clean)
                && report.stores().stream().allMatch(store -> store.missing() + store.wrong() == 0);
        if (rowsClean && !report.stores().stream().allMatch(VerifyReport.Store::clean)) {
            return "NOT VERIFIED: mend the store that is named above, then verify again;";
        }
        if (rowsClean && report.agents().clean()) {
            return "READ DIFFERENTLY by agent and by persona, as of the reads: see the keys above;";
        }
        if (rowsClean && report.agents().missing() == 0) {
            return "NOT IN STEP: give each persona one agent, and each agent a memory root, by hand: lockstep only adds agents;";
        }
        if (repair) {
            return "NOT IN STEP, and it could not all be mended;";
        }
        return report.streamWaited()
                ? "NOT IN STEP (lockstep verify --repair mends it),"
                : "NOT IN STEP, rows under way among it (verify while `lockstep run` leads, or without writers; then --repair mends it),";
    }

    private void print(VerifyReport report, PrintStream out) {
        for (VerifyReport.Table t : report.tables()) {
            out.printf(
                    Locale.ROOT,
                    "%-32s %,12d rows  missing %,d  wrong %,d  hash wrong %,d%n",
                    t.table(),
                    t.rows(),
                    t.missing(),
                    t.wrong(),
                    t.hashWrong());
            if (!t.examples().isEmpty()) {
                out.println("    for example " + String.join(", ", t.examples()));
            }
        }
        for (VerifyReport.Vectors v : report.vectors()) {
            out.printf(
                    Locale.ROOT,
                    "%s: legacy %,d  orphaned %,d  duplicates %,d%n",
                    v.table(),
                    v.legacy(),
                    v.orphaned(),
                    v.duplicates());
        }
        report.stores().forEach(store -> print(store, out));
        out.printf(
                Locale.ROOT,
                "agents: missing %,d  duplicate %,d  without memory root %,d; dead letters %,d%n",
                report.agents().missing(),
                report.agents().duplicate(),
                report.agents().withoutMemoryRoot(),
                report.deadLetters());
        if (report.reads() != null) {
            report.reads().tables().forEach(table -> print(table, out));
        }
        if (report.repaired() > 0) {
            out.printf(Locale.ROOT, "repaired %,d rows%n", report.repaired());
        }
        out.printf(
                Locale.ROOT,
                "%s as of %s, in %.1f s%s%n",
                verdict(report),
                report.asOf(),
                report.seconds(),
                report.streamWaited() ? ", rows under way waited for" : ", no `lockstep run` to wait for");
    }

    private static void print(VerifyReport.Store store, PrintStream out) {
        if (!store.trouble().isEmpty()) {
            out.println(store.store() + ": could not be compared: " + store.trouble());
            return;
        }
        out.printf(
                Locale.ROOT,
                "%-32s %,12d points  missing %,d  wrong %,d  legacy %,d  orphaned %,d%s%n",
                store.store(),
                store.points(),
                store.missing(),
                store.wrong(),
                store.legacy(),
                store.orphaned(),
                store.indexAgrees() ? "" : "  ITS OWN COUNTS DIFFER: rebuild the store's index");
        if (store.legacy() > 0) {
            out.println("    legacy by age: " + store.legacyByAge());
        }
        if (!store.examples().isEmpty()) {
            out.println("    for example " + String.join(", ", store.examples()));
        }
    }

    private static void print(ReadReport.Table reads, PrintStream out) {
        if (!reads.trouble().isEmpty()) {
            out.println(reads.table() + ": could not be read both ways: " + reads.trouble());
            return;
        }
        out.printf(
                Locale.ROOT,
                "%-32s %,12d reads around %,d rows, differing %,d; by persona p50 %.1f ms p99 %.1f ms, by agent p50 %.1f ms"
                        + " p99 %.1f ms%s%n",
                reads.table(),
                reads.reads(),
                reads.keys(),
                reads.differing(),
                reads.oldMillis().p50(),
                reads.oldMillis().p99(),
                reads.newMillis().p50(),
                reads.newMillis().p99(),
                reads.overlap() == null
                        ? ""
                        : String.format(Locale.ROOT, "; recall has %.0f %% of the nearest", 100 * reads.overlap()));
        reads.examples().forEach(example -> out.println("    " + example.key() + ": " + example.why()));
    }
}
