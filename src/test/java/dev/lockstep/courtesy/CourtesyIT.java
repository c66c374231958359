package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.Control;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.PressureFile;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.throttle.Signal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real commits of others; the pressure is the test's own, for nobody can promise one, and the priority cannot be lowered. */
class CourtesyIT {

    /** So long that it is only left when the crowd goes, or for the reason that a test is about. */
    private static final Duration LIMIT = Duration.ofHours(1);

    private static final Duration WORK = Duration.ofHours(1);

    private final TestDatabase db = TestPostgres.database();
    private final AtomicReference<Duration> put = new AtomicReference<>(Duration.ZERO);
    private final AtomicBoolean writing = new AtomicBoolean(true);
    private final AtomicBoolean scanning = new AtomicBoolean();
    private final AtomicBoolean hurried = new AtomicBoolean();
    private final StopSignal stop = new StopSignal();

    @TempDir
    Path folder;

    private SidecarHarness sidecar;
    private Crowd crowd;
    private Courtesy courtesy;
    private PressureFile pressure;
    private Thread writer;
    private Thread watching;

    @BeforeEach
    void crowd() throws Exception {
        pressure = new PressureFile(folder);
        db.execute(LegacySchema.PASCAL.ddl());
        sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
        crowd = new Crowd(
                sidecar.lockstep(), sidecar.name(), "a test", new CpuPressure(pressure.path()), new CpuIdle());
        Priority fixed = new Priority(sidecar.name(), new LinuxTask(folder.resolve("no process")));
        courtesy = new Courtesy(crowd, fixed, false, LIMIT, scanning::get, put::set);
        limit(3600);
        courtesy.await(batch(), () -> {}, hurried::get, stop); // what else is young
        courtesy.worked(WORK);
        writer = started(this::write);
        watching = started(() -> courtesy.watch(stop));
        crowd.busy();
        Await.until("it is crowded", crowd::present);
    }

    @AfterEach
    void end() throws Exception {
        stop.request();
        for (Thread thread : List.of(writer, watching)) {
            thread.join();
        }
        pressure.close();
        courtesy.close();
        sidecar.close();
    }

    @Test
    void aBatchWaitsWhileWritersWantAllProcessors() throws Exception {
        Thread stream = waiting(new StopSignal());
        assertThat(stream.isAlive()).isTrue();

        pressure.ease();
        stream.join();
        assertThat(put.get()).isPositive();
    }

    @Test
    void aBatchGoesOnWhenTheWritersAreDone() throws Exception {
        Thread stream = waiting(new StopSignal());

        writing.set(false);
        stream.join();
        assertThat(put.get()).isPositive();
    }

    @Test
    void aServerThatCannotHoldBackMoreWalIsNotKeptWaiting() throws Exception {
        Thread stream = waiting(new StopSignal());

        courtesy.walShort(true);
        stream.join();
        courtesy.await(batch(), () -> {}, hurried::get, stop);
        assertThat(crowd.present()).as("it is still crowded").isTrue();
    }

    /** The demo's backfill made the machine full, and the stream fell behind for it. */
    @Test
    void whileAScanOfOursRunsItIsNotTheStreamThatMakesRoom() throws Exception {
        Thread stream = waiting(new StopSignal());

        scanning.set(true);
        stream.join();
        courtesy.await(batch(), () -> {}, hurried::get, stop);
        assertThat(crowd.present()).as("it is still crowded").isTrue();
    }

    /** A writer waits behind a batch as long as it takes: the benchmark's slowest hundredth waited six times as long. */
    @Test
    void whileItIsCrowdedABatchIsDoneInPieces() throws Exception {
        courtesy.worked(Duration.ZERO);
        Batch old = batch(Instant.now().minusSeconds(25)); // so old that it is not put off as a whole
        Batch piece = courtesy.await(old, () -> {}, hurried::get, stop);
        assertThat(piece.changes()).hasSize(Courtesy.PIECE);
        assertThat(crowd.present()).as("it is still crowded").isTrue();

        scanning.set(true);
        assertThat(courtesy.await(old, () -> {}, hurried::get, stop)).isSameAs(old);
    }

    /** A whole batch for each jitter of the lag made writers wait for a tenth of a second, several times a second. */
    @Test
    void pastTheLimitPiecesHaveNoRestAndOnlyWellPastItABatchIsDoneAsAWhole() throws Exception {
        limit(10);
        Await.until("the limit is known", () -> {
            crowd.busy();
            return crowd.bearableLag().toSeconds() == 20;
        });
        Batch past = batch(Instant.now().minusSeconds(22));
        assertThat(courtesy.await(past, () -> {}, hurried::get, stop).changes()).hasSize(Courtesy.PIECE);
        assertThat(courtesy.gentle()).isTrue();
        assertThat(put.get()).as("it did not rest").isZero();

        Batch wellPast = batch(Instant.now().minusSeconds(26));
        assertThat(courtesy.await(wellPast, () -> {}, hurried::get, stop)).isSameAs(wellPast);
        assertThat(courtesy.gentle()).isFalse();
        assertThat(crowd.present()).as("it is still crowded").isTrue();
    }

    /** Closing an engine waited for the pieces of a whole batch, for some ten seconds. */
    @Test
    void whoClosesTheStreamDoesNotWaitForPieces() throws Exception {
        Thread stream = waiting(new StopSignal());

        hurried.set(true);
        stream.join();
        Batch batch = batch();
        assertThat(courtesy.await(batch, () -> {}, hurried::get, stop)).isSameAs(batch);
        assertThat(crowd.present()).as("it is still crowded").isTrue();
    }

    @Test
    void anOperatorWhoBearsNoLagGetsNone() throws Exception {
        limit(0);
        Await.until("the limit is known", () -> {
            crowd.busy();
            return crowd.bearableLag().isZero();
        });

        Batch batch = batch();
        assertThat(courtesy.await(batch, () -> {}, hurried::get, stop)).isSameAs(batch);
        assertThat(crowd.present()).as("it is still crowded").isTrue();
    }

    @Test
    void whoIsStoppedDoesNotWaitOn() throws Exception {
        StopSignal own = new StopSignal();
        Thread stream = waiting(own);

        own.request();
        stream.join();
        assertThat(put.get()).as("it was given up").isZero();
    }

    /** Returns when a thread of a stream waits. */
    private Thread waiting(StopSignal own) throws Exception {
        AtomicBoolean waits = new AtomicBoolean();
        Thread stream = started(() -> courtesy.await(batch(), () -> waits.set(true), hurried::get, own));
        Await.until("the batch waits", waits::get);
        return stream;
    }

    private void limit(double seconds) throws Exception {
        try (Connection connection = db.connect()) {
            Handles.tell(
                    connection,
                    handle -> new Control(sidecar.name())
                            .setLimits(handle, Map.of(Signal.STREAM_LAG_SECONDS.label(), seconds)));
        }
    }

    private static Batch batch() {
        return batch(Instant.now());
    }

    private static Batch batch(Instant committed) {
        RowChange change = new RowChange(
                new TableName("public", "Messages"),
                RowChange.Op.INSERT,
                new RowKey(List.of("1")),
                null,
                null,
                1,
                Lsn.ZERO,
                committed);
        return new Batch(Collections.nCopies(1000, change), null, List.of());
    }

    private void write() throws Exception {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET synchronous_commit = off"); // else a disk that is busy for half a second ends the crowd
            while (!stop.requested() && writing.get()) {
                statement.execute("INSERT INTO \"Messages\" (\"Content\") VALUES ('a word')");
            }
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Thread started(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        thread.start();
        return thread;
    }
}
