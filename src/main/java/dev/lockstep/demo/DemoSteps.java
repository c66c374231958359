package dev.lockstep.demo;

import static java.util.Locale.ROOT;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.check.CheckReport;
import dev.lockstep.check.ServerCheck;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.state.Heartbeat;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** The steps of the main job, by the same classes as behind the commands; each tells what came of it. */
final class DemoSteps {

    private static final Duration STEP = Duration.ofMillis(50);
    private static final Duration TOGETHER = Duration.ofSeconds(6);
    private static final int VERIFY_WORKERS = 2;

    private final LockstepConfig config;
    private final Database database;
    private final Story story;
    private final StopSignal stop;

    DemoSteps(LockstepConfig config, Database database, Story story, StopSignal stop) {
        this.config = config;
        this.database = database;
        this.story = story;
        this.stop = stop;
    }

    void check() throws SQLException {
        CheckReport report = ServerCheck.run(database, config, new StoreAdapters(), List.of());
        if (!report.ok()) {
            throw LockstepException.notDone("the demo's own server is not ready: " + report.findings(), null);
        }
        story.step("check", "ready, " + report.findings().size() + " findings, none of them an error");
    }

    void expand() {
        List<String> done = new Expander(
                        database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random())
                .expand();
        story.step(
                "expand", done.size() + " steps beside the writers: Agents, agent and hash columns, publication, slot");
    }

    /** Until the rows that were there are in step and indexed. */
    DemoReport.Backfill backfill(DemoSidecar sidecar) throws InterruptedException {
        long began = System.nanoTime();
        await(
                sidecar,
                () -> status().backfill().stream().allMatch(scan -> scan.state().equals("done")));
        double seconds = (System.nanoTime() - began) / 1e9;
        long rows = status().rowsScanned();
        story.step("backfill", String.format(ROOT, "%,d rows, %,.0f rows/s, beside the writers", rows, rows / seconds));
        PostBackfill indexes = new PostBackfill(
                database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
        await(sidecar, () -> finished(indexes));
        story.step("indexes", "built concurrently; foreign keys to Agents validated");
        return new DemoReport.Backfill(rows, seconds);
    }

    private static boolean finished(PostBackfill indexes) {
        try {
            return indexes.plan().isEmpty();
        } catch (LockstepException e) {
            if (e.kind() == LockstepException.Kind.NOT_DONE) {
                return false; // the sidecar is building one at this moment
            }
            throw e;
        }
    }

    /** Writers and stream work side by side for some seconds. */
    DemoReport.Stream stream(DemoSidecar sidecar, LegacyWriters writers) throws InterruptedException {
        Latencies latencies = sidecar.latencies();
        latencies.reset();
        long transactions = writers.counts().committed();
        long rows = latencies.rows();
        pause(TOGETHER);
        sidecar.check();
        DemoReport.Stream stream = new DemoReport.Stream(
                latencies.rows() - rows,
                (writers.counts().committed() - transactions) / (double) TOGETHER.toSeconds(),
                latencies.percentile(0.50),
                latencies.percentile(0.99));
        story.step(
                "stream",
                String.format(
                        ROOT,
                        "%,.0f legacy transactions/s, %,d rows put in step; commit to in step p50 %.1f ms, p99 %.1f ms",
                        stream.transactionsPerSecond(),
                        stream.rows(),
                        stream.p50Millis(),
                        stream.p99Millis()));
        return stream;
    }

    /** Until the stream is past everything written so far; returns the seconds. */
    double catchUp(DemoSidecar sidecar) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        try (Connection connection = database.open("demo")) {
            Lsn end = ServerEnd.read(connection).lsn();
            Heartbeat.send(connection, config.name());
            await(sidecar, () -> applied().isAtLeast(end));
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        story.step("caught up", "with everything the writers had committed");
        return seconds;
    }

    VerifyReport verify(DemoSidecar sidecar) throws SQLException, InterruptedException {
        Mapping mapping;
        try (Connection connection = database.open("demo")) {
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
        }
        VerifyReport report =
                new Verifier(database, config.name(), mapping, VERIFY_WORKERS, stop).run(Verifier.Repair.NONE);
        sidecar.check();
        story.step(
                "verify",
                String.format(
                        ROOT,
                        "%s: %,d rows compared, %d agents missing",
                        report.clean() ? "clean" : "NOT CLEAN",
                        report.tables().stream()
                                .mapToLong(VerifyReport.Table::rows)
                                .sum(),
                        report.agents().missing()));
        report.vectors()
                .forEach(v -> story.note(String.format(
                        ROOT,
                        "of the vectors %,d legacy, %,d orphaned, %,d duplicates",
                        v.legacy(),
                        v.orphaned(),
                        v.duplicates())));
        return report;
    }

    /** Rows out of step, by the demo's own join. */
    long outOfStep() throws SQLException {
        try (Connection connection = database.open("demo")) {
            return DemoSchema.outOfStep(connection) + DemoVectors.outOfStep(connection);
        }
    }

    StatusReport status() {
        return StatusReader.once(database, config);
    }

    private Lsn applied() {
        String lsn = status().applied().lsn();
        return lsn == null ? Lsn.ZERO : Lsn.parse(lsn);
    }

    private void await(DemoSidecar sidecar, BooleanSupplier holds) throws InterruptedException {
        while (!holds.getAsBoolean()) {
            sidecar.check();
            pause(STEP);
        }
    }

    private void pause(Duration time) throws InterruptedException {
        if (stop.pause(time)) {
            throw new InterruptedException("stopped");
        }
    }
}
