package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.KafkaConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.RunConfig;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.run.Sidecar;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.vector.StoreClients;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/** An expanded database and a sidecar that a test starts, stops and kills. */
public final class SidecarHarness implements AutoCloseable {

    private final TestDatabase database;
    private final LockstepConfig config;
    private final SyncMeter meter;
    private final StoreClients clients;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private StopSignal stop = new StopSignal();
    private Thread thread;

    private SidecarHarness(TestDatabase database, LockstepConfig config, SyncMeter meter, StoreClients clients) {
        this.database = database;
        this.config = config;
        this.meter = meter;
        this.clients = clients;
    }

    /** Expands {@code config}'s database; its stores are those that {@code clients} makes. */
    public static SidecarHarness expanded(TestDatabase database, LockstepConfig config, StoreClients clients) {
        new Expander(lockstep(config), config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1))
                .expand();
        return new SidecarHarness(database, config, SyncMeter.NONE, clients);
    }

    /** Expands {@code database}; nothing runs yet. */
    public static SidecarHarness expanded(TestDatabase database, MappingSpec spec) {
        LockstepConfig config = TestConfig.of(database, spec);
        return expanded(database, config, new StoreAdapters());
    }

    /** Another sidecar on the same database and name, with a journal. */
    public SidecarHarness withKafka(KafkaConfig kafka) {
        return new SidecarHarness(
                database,
                new LockstepConfig(
                        config.name(),
                        config.database(),
                        config.mapping(),
                        config.run(),
                        config.backfill(),
                        config.http(),
                        config.monitor(),
                        config.savepoints(),
                        config.cutover(),
                        config.stores(),
                        kafka),
                meter,
                clients);
    }

    /** Another sidecar on the same database and name, of the same settings but for batches. */
    public SidecarHarness withBatchRows(int rows) {
        RunConfig run = config.run();
        return new SidecarHarness(
                database,
                new LockstepConfig(
                        config.name(),
                        config.database(),
                        config.mapping(),
                        new RunConfig(rows, run.poll(), run.lanes(), run.heartbeat()),
                        config.backfill(),
                        config.http(),
                        config.monitor(),
                        config.savepoints(),
                        config.cutover(),
                        config.stores(),
                        config.kafka()),
                meter,
                clients);
    }

    /** Another sidecar on the same database and name, whose heartbeats do not move the position under the test. */
    public SidecarHarness withHeartbeat(Duration heartbeat) {
        RunConfig run = config.run();
        return new SidecarHarness(
                database,
                new LockstepConfig(
                        config.name(),
                        config.database(),
                        config.mapping(),
                        new RunConfig(run.batchRows(), run.poll(), run.lanes(), heartbeat),
                        config.backfill(),
                        config.http(),
                        config.monitor(),
                        config.savepoints(),
                        config.cutover(),
                        config.stores(),
                        config.kafka()),
                meter,
                clients);
    }

    /** Another sidecar on the same database and name, that reaches it by another way. */
    public SidecarHarness through(TestDatabase way) {
        return new SidecarHarness(
                way,
                new LockstepConfig(
                        config.name(),
                        way.config(),
                        config.mapping(),
                        config.run(),
                        config.backfill(),
                        config.http(),
                        config.monitor(),
                        config.savepoints(),
                        config.cutover(),
                        config.stores(),
                        config.kafka()),
                meter,
                clients);
    }

    /** Another sidecar on the same database and name, that reports to {@code told}. */
    public SidecarHarness withMeter(SyncMeter told) {
        return new SidecarHarness(database, config, told, clients);
    }

    public LockstepConfig config() {
        return config;
    }

    public String name() {
        return config.name();
    }

    public Database lockstep() {
        return lockstep(config);
    }

    private static Database lockstep(LockstepConfig config) {
        return new Database(config.database(), config.name());
    }

    /** Says that the tables, still empty, need no backfill: what ends in step then came by the stream. */
    public SidecarHarness backfilled() throws SQLException {
        database.execute("UPDATE " + name() + ".scan SET state = 'done', end_block = 0");
        return this;
    }

    public SidecarHarness start() {
        stop = new StopSignal();
        failure.set(null);
        StopSignal signal = stop;
        thread = new Thread(
                () -> {
                    try {
                        new Sidecar(config, lockstep(), new Pulse(), meter, ScanProgress.NONE, clients, signal)
                                .run(false);
                    } catch (InterruptedException e) {
                        // stopped
                    } catch (RuntimeException e) {
                        failure.set(e);
                    }
                },
                "sidecar-" + name());
        thread.start();
        return this;
    }

    /** Runs to the end of what was committed before the call, scans included, as {@code run --until-caught-up} does. */
    public SidecarHarness untilCaughtUp() throws InterruptedException {
        new Sidecar(config, lockstep(), new Pulse(), meter, ScanProgress.NONE, clients, new StopSignal()).run(true);
        return this;
    }

    /** Stops it as SIGTERM would. */
    public void stop() throws InterruptedException {
        stopWaiting();
        assertThat(failure.get()).isNull();
    }

    /** From here on nothing of what it was doing is committed, as after kill -9. */
    public void kill() throws Exception {
        killWhile(() -> {});
    }

    /** As {@link #kill}; {@code release} lets go what the test holds up, once nothing can be committed any more. */
    public void killWhile(Runnable release) throws Exception {
        database.execute("UPDATE " + name() + ".fence SET epoch = epoch + 1; UPDATE " + name()
                + ".lease SET epoch = epoch + 1, expires_at = '-infinity'");
        stop.request();
        endSessions();
        release.run();
        thread.join(Duration.ofSeconds(60).toMillis());
        assertThat(thread.isAlive()).as("still runs").isFalse();
    }

    private void endSessions() throws SQLException {
        database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, '"
                + name() + "/')");
    }

    /** Asks it to stop and waits, whatever it ends with. */
    public void stopWaiting() throws InterruptedException {
        stop.request();
        thread.join(Duration.ofSeconds(60).toMillis());
        assertThat(thread.isAlive()).as("still runs").isFalse();
    }

    public boolean running() {
        return thread.isAlive();
    }

    /** Why it ended; null while it runs or when it was asked to. */
    public Throwable failure() {
        return failure.get();
    }

    /** Returns when everything committed before the call has been applied and every scan is done. */
    public SidecarHarness awaitCaughtUp() throws Exception {
        Lsn now = mark();
        Await.until("the position reaches " + now, () -> {
            assertThat(failure.get()).isNull();
            return position().isAtLeast(now) && openScans() == 0;
        });
        return this;
    }

    /** Returns when the indexes are built: a TRUNCATE beside a concurrent build may be the victim of a deadlock. */
    public SidecarHarness awaitIndexed() throws Exception {
        PostBackfill indexes =
                new PostBackfill(lockstep(), name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1));
        Await.until("the indexes are built", () -> {
            try {
                return indexes.plan().isEmpty();
            } catch (LockstepException e) {
                return false; // one is being built at this moment
            }
        });
        return this;
    }

    /** The end of the WAL; a message behind it makes the position pass it without waiting for a heartbeat. */
    public Lsn mark() throws SQLException {
        Lsn now = Lsn.parse(database.text("SELECT pg_current_wal_insert_lsn()"));
        database.text("SELECT pg_logical_emit_message(true, '" + name() + "', 'mark')");
        return now;
    }

    /** Catches up, then asks the judge. */
    public void awaitInStep(Judge judge) throws Exception {
        awaitCaughtUp();
        assertThat(judge.outOfStep(database))
                .as(
                        "rows out of step; dead letters: %s",
                        database.rows("SELECT table_name, key, sqlstate, reason FROM " + name() + ".dead_letter"))
                .isZero();
    }

    public Lsn position() throws SQLException {
        return Lsn.parse(database.text("SELECT lsn FROM " + name() + ".position"));
    }

    public long gaps() throws SQLException {
        return database.number("SELECT count(*) FROM " + name() + ".gap");
    }

    public long deadLetters() throws SQLException {
        return database.number("SELECT count(*) FROM " + name() + ".dead_letter");
    }

    public long openScans() throws SQLException {
        return database.number("SELECT count(*) FROM " + name() + ".scan WHERE state <> 'done'");
    }

    /** Rows that a scan wrote, and not the stream. */
    public long rowsScanned() throws SQLException {
        return database.number("SELECT coalesce(sum(rows_written), 0) FROM " + name() + ".scan");
    }

    /** No gap and no row written by a scan: the stream alone did it. */
    public void assertTheStreamAloneDidIt() throws SQLException {
        assertThat(gaps()).as("gaps").isZero();
        assertThat(rowsScanned()).as("rows written by scans").isZero();
    }

    /** Stops what runs and gives back the slot and the origins, of which a server has a limited number. */
    @Override
    public void close() {
        try {
            if (thread != null && thread.isAlive()) {
                stop.request();
                thread.join(Duration.ofSeconds(30).toMillis());
            }
            Await.until("nobody of ours is connected", () -> {
                endSessions();
                return database.number("SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, '"
                                + name() + "/')")
                        == 0;
            });
            String ours = " FROM pg_replication_slots WHERE (slot_name = '" + name() + "' OR starts_with(slot_name, '"
                    + name() + "_'))";
            Await.until("nobody streams any more", () -> {
                database.rows("SELECT pg_terminate_backend(active_pid)" + ours + " AND active_pid IS NOT NULL");
                return database.number("SELECT count(*)" + ours + " AND active") == 0;
            });
            database.rows("SELECT pg_drop_replication_slot(slot_name)" + ours);
            database.rows("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin"
                    + " WHERE starts_with(roname, '" + name() + "_')");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
