package dev.lockstep.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Positions;
import dev.lockstep.state.Progress;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Events;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sidecar does with batches, at interleavings that only batches made by hand can force. */
class SynchronizerIT {

    private final TestDatabase db = TestPostgres.database();
    private final Events events = new Events(db);
    private final StopSignal stop = new StopSignal();
    private SidecarHarness sidecar;
    private Mapping mapping;
    private Lsn start;

    @BeforeEach
    void expand() throws SQLException {
        db.execute(LegacySchema.PASCAL.ddl());
        sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled();
        try (Connection connection = db.connect()) {
            mapping = MappingResolver.resolve(
                    LegacySchema.PASCAL.spec(), new CatalogReader().read(connection, LegacySchema.PASCAL.spec()));
        }
        start = sidecar.position();
    }

    @AfterEach
    void close() {
        sidecar.close();
    }

    @Test
    void aBatchCutInTwoByLanesAndACrashLosesNothing() throws Exception {
        insert(3 * Lanes.ALONE);
        Lsn end = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
        AtomicInteger opened = new AtomicInteger();
        LaneSessions secondIsCutOff = new LaneSessions(
                lane -> {
                    WriteSession session = open(lane);
                    if (lane == 1) {
                        opened.incrementAndGet();
                        cutOff(session);
                    }
                    return session;
                },
                2);
        try (Synchronizer synchronizer = synchronizer(secondIsCutOff)) {
            CompletableFuture<Void> applying = Writers.beside(() -> synchronizer.apply(events.inserted("true", end)));
            Await.until("the second lane has failed twice", () -> opened.get() >= 3);
            assertThat(Judge.PASCAL.outOfStep(db)).isBetween(1L, 3L * Lanes.ALONE - 1);
            assertThat(sidecar.position()).isEqualTo(start);
            stop.request();
            Assertions.assertThatThrownBy(applying::join).hasRootCauseInstanceOf(InterruptedException.class);
        }
        sidecar.start().awaitInStep(Judge.PASCAL);
        sidecar.assertTheStreamAloneDidIt();
    }

    /** S2. The hash makes every message a candidate each time; the statement writes none that is in step. */
    @Test
    void changesDeliveredAgainWriteNothing() throws Exception {
        insert(50);
        Lsn end = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
        try (Synchronizer synchronizer = synchronizer(lanes())) {
            synchronizer.apply(events.inserted("true", end));
            assertThat(Judge.PASCAL.outOfStep(db)).isZero();
            List<List<String>> versions = versions();
            Batch again = events.inserted("true", end);
            synchronizer.apply(again);
            synchronizer.apply(again);
            synchronizer.tick();
            assertThat(versions()).isEqualTo(versions);
        }
    }

    /** The row was derived from an agent that had just gone: its event names the key alone, and the row names no agent. */
    @Test
    void aRowWhoseAgentWentBeforeItWasDerivedFollowsWhenTheAgentsEventComes() throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'first')");
        try (Synchronizer synchronizer = synchronizer(lanes())) {
            synchronizer.apply(events.inserted("true", end()));
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                    + " SELECT \"FromPersonaId\", 'second' FROM \"Messages\"");
            String agent = db.text("SELECT \"Id\" FROM \"Agents\"");
            db.execute("DELETE FROM \"Agents\"");
            synchronizer.apply(events.inserted("\"Content\" = 'second'", end()));
            synchronizer.apply(batch(List.of(events.agentDeleted(agent))));
            assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"
                            + " AND \"Content\" = 'second'"))
                    .isZero();
        }
    }

    @Test
    void aRowSetAsideAfterATruncateInTheSameBatchKeepsItsLetter() throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'poison');"
                + "ALTER TABLE \"Messages\" ADD CHECK (\"FromAgentId\" IS NULL OR \"Content\" <> 'poison')");
        try (Synchronizer synchronizer = synchronizer(lanes())) {
            List<RowChange> changes = new ArrayList<>(List.of(events.messagesTruncated()));
            changes.addAll(events.insertsOf("true"));
            synchronizer.apply(batch(changes));
            assertThat(sidecar.deadLetters()).isOne();
        }
    }

    /** It counted with its batch, so times were shortest where writers held rows longest. */
    @Test
    void aRowThatAWriterHoldsCountsOnceItIsDerivedAndOneThatIsSetAsideNever() throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                + " SELECT gen_random_uuid(), c FROM unnest('{free, held, poison}'::text[]) c;"
                + "ALTER TABLE \"Messages\" ADD CHECK (\"FromAgentId\" IS NULL OR \"Content\" <> 'poison')");
        List<Instant> counted = new ArrayList<>();
        SyncMeter meter = new SyncMeter() {
            @Override
            public void inStep(Collection<Instant> commits) {
                counted.addAll(commits);
            }
        };
        try (Connection writer = Writers.begin(db, "SELECT FROM \"Messages\" WHERE \"Content\" = 'held' FOR UPDATE");
                Synchronizer synchronizer = synchronizer(lanes(), meter)) {
            Batch batch = events.inserted("true", end());
            synchronizer.apply(batch);
            synchronizer.tick();
            assertThat(counted).hasSize(1);
            assertThat(sidecar.deadLetters()).isOne();
            writer.rollback();
            Await.until("the row is derived", () -> {
                synchronizer.tick();
                return synchronizer.heldRows() == 0;
            });
            assertThat(counted).hasSize(2);
            assertThat(batch.changes()).extracting(RowChange::commitTime).containsAll(counted);
        }
    }

    /**
     * Found by the soak: the server crashed after a lane's commit, which does not wait for the disk, and before the position
     * was stored; stored in the server's next life, the position went past a row that the crash had taken back.
     */
    @Test
    void aCrashBetweenALanesCommitAndThePositionsLosesNothing(@TempDir Path folder) throws Exception {
        OwnServer own = OwnServer.start(folder.resolve("server"));
        try (own) {
            TestDatabase mortal = own.database();
            mortal.execute(LegacySchema.PASCAL.ddl());
            mortal.execute("ALTER SYSTEM SET wal_writer_delay = '10s'");
            mortal.execute("SELECT pg_reload_conf()");
            SidecarHarness run =
                    SidecarHarness.expanded(mortal, LegacySchema.PASCAL.spec()).backfilled();
            Lsn before = run.position();
            mortal.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'one')");
            Batch batch = new Events(mortal).inserted("true", Lsn.parse(mortal.text("SELECT pg_current_wal_lsn()")));
            LaneSessions unflushed = new LaneSessions(
                    lane -> WriteSession.openUnflushed(run.lockstep(), run.name(), "lane-" + lane, lane, 0), 1);
            AtomicBoolean crashed = new AtomicBoolean();
            Progress crashing = (connection, lsn, commitTime, rows) -> {
                if (!crashed.getAndSet(true)) {
                    try {
                        own.crashAndRecover();
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                new Positions(run.name()).advance(connection, lsn, commitTime, rows);
            };
            try (Synchronizer synchronizer = new Synchronizer(
                    run.name(),
                    mapping,
                    unflushed,
                    new AgentCache(),
                    before,
                    crashing,
                    Synchronizer.Hints.TRUSTED,
                    SyncMeter.NONE,
                    ChangeLog.NONE,
                    stop)) {
                synchronizer.apply(new Batch(batch.changes(), null, List.of())); // the transaction has not ended
                assertThat(Judge.PASCAL.outOfStep(mortal)).isZero();
                Batch end = new Batch(List.of(), batch.boundary(), List.of());
                assertThatThrownBy(() -> {
                            while (!crashed.get()) {
                                synchronizer.apply(end);
                            }
                            synchronizer.apply(end);
                        })
                        .isInstanceOf(LostWork.class);
                synchronizer.tick();
            }
            assertThat(Judge.PASCAL.outOfStep(mortal))
                    .as("the crash took it back")
                    .isOne();
            assertThat(run.position()).isEqualTo(before);
            run.start().awaitInStep(Judge.PASCAL);
            run.assertTheStreamAloneDidIt();
            run.close();
        }
        own.discard();
    }

    private Batch batch(List<RowChange> changes) throws SQLException {
        return new Batch(changes, end(), List.of());
    }

    private Lsn end() throws SQLException {
        return Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
    }

    private void insert(int rows) throws SQLException {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), i"
                + " FROM generate_series(1, " + rows + ") i");
    }

    private List<List<String>> versions() throws SQLException {
        return db.rows("SELECT \"Id\", xmin, ctid FROM \"Messages\" ORDER BY 1");
    }

    private Synchronizer synchronizer(LaneSessions lanes) {
        return synchronizer(lanes, SyncMeter.NONE);
    }

    private Synchronizer synchronizer(LaneSessions lanes, SyncMeter meter) {
        return new Synchronizer(sidecar.name(), mapping, lanes, new AgentCache(), start, meter, ChangeLog.NONE, stop);
    }

    private LaneSessions lanes() {
        return new LaneSessions(this::open, 2);
    }

    private WriteSession open(int lane) throws SQLException {
        return WriteSession.open(sidecar.lockstep(), sidecar.name(), "lane-" + lane, lane, 0);
    }

    private void cutOff(WriteSession session) throws SQLException {
        int pid = session.connection().unwrap(org.postgresql.PGConnection.class).getBackendPID();
        session.rollback();
        db.rows("SELECT pg_terminate_backend(" + pid + ", 10000)");
    }
}
