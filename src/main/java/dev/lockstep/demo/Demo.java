package dev.lockstep.demo;

import static java.util.Locale.ROOT;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.verify.VerifyReport;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole main job on a server of its own: legacy writers at work, then check, expand, run with its backfill, verify; and cutover, revert, contract.
 * Everything it starts ends with {@link #close}, and nothing is left behind.
 */
public final class Demo implements AutoCloseable {

    private static final double TRANSACTIONS_PER_SECOND = 200;
    private static final LegacyWriters.Load LOAD = new LegacyWriters.Load(TRANSACTIONS_PER_SECOND, 0.02, 100);

    private final DemoSchema.Size size;
    private final Map<String, String> environment;
    private final Consumer<String> reader;
    private final ScanProgress progress;
    private final Random random;
    private final StopSignal stop;
    private @Nullable DemoServer server;
    private @Nullable DemoSidecar sidecar;
    private @Nullable LegacyWriters writers;
    private @Nullable Indexer indexer;

    /**
     * @param reader is told the story, line by line
     * @param progress of the backfill
     * @param random decides what the writers write
     * @param stop ends it early, and ends {@link #stay}
     */
    public Demo(
            DemoSchema.Size size,
            Map<String, String> environment,
            Consumer<String> reader,
            ScanProgress progress,
            Random random,
            StopSignal stop) {
        this.size = size;
        this.environment = environment;
        this.reader = reader;
        this.progress = progress;
        this.random = random;
        this.stop = stop;
    }

    /**
     * Does it once; the sidecar goes on running, unless it comes to the end.
     *
     * @param turns for the second half, which ends the migration; null for none
     */
    public DemoReport run(@Nullable Turns turns) throws Exception {
        long began = System.nanoTime();
        Story story = new Story(reader);
        DemoServer started = DemoServer.start();
        server = started;
        LockstepConfig config = configuration(started);
        Database database = new Database(config.database(), config.name());
        String version = prepare(database, story);
        LegacyWriters legacy = write(config);
        story.step(
                "writers",
                String.format(ROOT, "%.0f transactions/s that know persona columns only", TRANSACTIONS_PER_SECOND));

        Indexer memories = index(config);
        story.step("indexer", "embeds messages late, twice, or before they are committed");

        DemoSteps steps = new DemoSteps(config, database, story, stop);
        steps.check();
        steps.expand();
        long before = steps.outOfStep();
        story.note(String.format(ROOT, "%,d rows are out of step", before));
        DemoSidecar running = DemoSidecar.start(config, database, progress);
        sidecar = running;
        story.step("run", "http://" + config.http().host() + ":" + running.port() + "/api/status, /metrics");
        DemoReport.Backfill backfill = steps.backfill(running);
        DemoReport.Stream stream = steps.stream(running, legacy);
        LegacyCounts counts = legacy.stop();
        Indexer.Counts embedded = memories.stop();
        story.step("stop", told(counts));
        story.step(
                "indexer",
                String.format(
                        ROOT,
                        "%,d vectors embedded, %,d before their message was there, %,d twice",
                        embedded.embedded(),
                        embedded.ahead(),
                        embedded.repeated()));
        double catchUp = steps.catchUp(running);
        VerifyReport verify = steps.verify(running);
        long after = steps.outOfStep();
        story.step("join", String.format(ROOT, "%,d rows out of step by a plain SQL join", after));

        DemoReport.Turn turn = turns == null ? null : new DemoTurn(config, database, turns, story).run();
        StatusReport status = steps.status();
        boolean ok = verify.clean()
                && after == 0
                && status.gaps() == 0
                && status.deadLetters() == 0
                && (turn == null || turn.outOfStep() == 0);
        return new DemoReport(
                ok,
                version,
                size,
                backfill,
                stream,
                counts,
                catchUp,
                verify,
                new DemoReport.OutOfStep(before, after),
                status.gaps(),
                status.deadLetters(),
                turn,
                (System.nanoTime() - began) / 1e9);
    }

    /** Writers write and the sidecar follows until stopped. */
    public void stay() throws SQLException, InterruptedException {
        DemoServer running = server;
        if (running == null) {
            throw new IllegalStateException("run it first");
        }
        LockstepConfig config = configuration(running);
        write(config);
        index(config);
        while (!stop.pause(Duration.ofSeconds(1))) {
            DemoSidecar alive = sidecar;
            if (alive != null) {
                alive.check();
            }
        }
    }

    private LockstepConfig configuration(DemoServer on) {
        String yaml = "database: {url: '" + on.url() + "', user: postgres, password: postgres}\n"
                + "run: {heartbeatSeconds: 1}\n" + "cutover: {steadyMinutes: 0}\n" + DemoVectors.MAPPING;
        return ConfigLoader.parse("the demo's configuration", yaml, environment);
    }

    private String prepare(Database database, Story story) throws SQLException {
        try (Connection connection = database.open("demo")) {
            String version = connection.getMetaData().getDatabaseProductVersion();
            story.step("server", "PostgreSQL " + version + ", durable: fsync=on, synchronous_commit=on");
            DemoSchema.create(connection, size);
            long vectors = DemoVectors.create(connection, size);
            story.step(
                    "data",
                    String.format(
                            ROOT,
                            "%,d personas, %,d conversations, %,d messages, %,d vectors of them",
                            size.personas(),
                            size.conversations(),
                            size.messages(),
                            vectors));
            return version;
        }
    }

    private LegacyWriters write(LockstepConfig config) {
        LegacyWriters made = new LegacyWriters(config.database(), size, LOAD, random);
        writers = made;
        made.start();
        return made;
    }

    private Indexer index(LockstepConfig config) throws SQLException {
        Indexer made = new Indexer(config.database(), size, new Random(random.nextLong()));
        indexer = made;
        return made.start();
    }

    private static String told(LegacyCounts counts) {
        StringBuilder told = new StringBuilder(
                String.format(ROOT, "%,d transactions committed, %,d rows:", counts.committed(), counts.rows()));
        counts.done()
                .forEach((kind, done) -> told.append(' ')
                        .append(kind.name().toLowerCase(ROOT).replace('_', '-'))
                        .append(' ')
                        .append(done.transactions()));
        return told.toString();
    }

    @Override
    public void close() throws IOException {
        if (writers != null) {
            writers.close();
        }
        if (indexer != null) {
            indexer.close();
        }
        if (sidecar != null) {
            sidecar.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
