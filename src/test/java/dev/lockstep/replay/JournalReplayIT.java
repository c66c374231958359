package dev.lockstep.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.journal.JournalOffsets;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Broker;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replays from the journal, which knows keys alone. */
class JournalReplayIT {

    private static final int PARTITIONS = 3;

    private static TestServer server;
    private static Broker broker;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start();
        broker = Broker.start();
    }

    @AfterAll
    static void end() throws Exception {
        broker.close();
        server.close();
    }

    /** Text 1 to 40 are in the journal before the place that is asked for, 41 to 60 come after it. */
    @ParameterizedTest
    @EnumSource(ReplayApplication.class)
    void mendsWhatHasDriftedSinceAndWritesNothingElse(ReplayApplication app) throws Exception {
        TestDatabase db = server.database();
        db.execute(app.schema().ddl());
        try (SidecarHarness sidecar = journaled(db, app)) {
            sidecar.start();
            db.execute(app.rows(1, 40));
            sidecar.awaitCaughtUp();
            sidecar.awaitInStep(app.judge());
            Map<Integer, Long> offsets = ends(sidecar);
            Lsn lsn = Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
            db.execute(app.rows(41, 60));
            sidecar.awaitInStep(app.judge());
            sidecar.awaitCaughtUp();
            app.plant(db, sidecar);
            assertThat(app.judge().outOfStep(db)).isEqualTo(6);

            ReplayReport looked = app.replay(sidecar).dryRun(request(from(offsets)));
            assertThat(looked.tables().get(app.messages())).isEqualTo(new ReplayReport.Table(20, 3));
            assertThat(app.outOfStep(looked)).isEqualTo(4);
            assertThat(app.judge().outOfStep(db)).as("a dry run writes nothing").isEqualTo(6);
            assertThat(app.outOfStep(app.replay(sidecar).dryRun(request(new ReplayRequest.FromLsn(lsn)))))
                    .as("an LSN finds the same place")
                    .isEqualTo(4);

            ReplayReport one = app.replay(sidecar)
                    .run(new ReplayRequest(
                            from(offsets), null, null, null, Set.of(TableName.parse(app.messages(), ""))));
            assertThat(one.mended()).as("of one table").isEqualTo(3);
            ReplayReport rest = app.replay(sidecar).run(request(from(offsets))); // beside the live run
            assertThat(rest.mended()).isEqualTo(1);
            assertThat(app.judge().outOfStep(db))
                    .as("what did not change since")
                    .isEqualTo(2);
            assertThat(rest.changes()).isEqualTo(looked.changes());

            String versions = app.versions(db);
            assertThat(app.replay(sidecar).run(request(from(offsets))).mended()).isZero();
            assertThat(app.versions(db))
                    .as("where all is in step nothing is written")
                    .isEqualTo(versions);

            Instant before = Instant.now().minus(Duration.ofDays(1));
            assertThatThrownBy(() -> app.replay(sidecar).run(request(new ReplayRequest.FromTime(before))))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageStartingWith("the changes from " + before + " on are not kept; " + topic(sidecar)
                            + " holds every change since ")
                    .hasMessageEndingWith("; `lockstep verify --repair` looks at every row instead");
            assertThat(app.replay(sidecar)
                            .run(request(from(new TreeMap<>(Map.of(0, 0L, 1, 0L, 2, 0L)))))
                            .mended())
                    .as("from its beginning")
                    .isEqualTo(2);
            assertThat(app.judge().outOfStep(db)).isZero();
            assertThat(sidecar.gaps()).isZero();
            sidecar.stop();
        }
    }

    @Test
    void whatTheBrokersHaveDroppedIsRefusedWithTheEarliestThatIsKept() throws Exception {
        ReplayApplication app = ReplayApplication.PASCAL;
        TestDatabase db = server.database();
        db.execute(app.schema().ddl());
        try (SidecarHarness sidecar = journaled(db, app);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.servers()))) {
            sidecar.start();
            Lsn early = Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
            db.execute(app.rows(1, 60));
            sidecar.awaitInStep(app.judge());
            sidecar.awaitCaughtUp();
            TopicPartition first = new TopicPartition(topic(sidecar), 0);
            admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(5)))
                    .all()
                    .get();
            assertThatThrownBy(() -> app.replay(sidecar)
                            .run(request(new ReplayRequest.FromOffset(
                                    JournalOffsets.parse("--from-offset", List.of("0:3", "1:0"))))))
                    .isInstanceOf(LockstepException.class)
                    .hasMessage(
                            topic(sidecar) + " is kept from --from-offset 0:5 1:0 2:0 on, 0:3 is gone; begin there, or"
                                    + " `lockstep verify --repair` looks at every row instead");
            assertThatThrownBy(() -> app.replay(sidecar).dryRun(request(new ReplayRequest.FromLsn(early))))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageStartingWith("the changes from " + early + " on are not kept; ");
            assertThatThrownBy(() -> app.replay(sidecar)
                            .run(request(new ReplayRequest.FromOffset(
                                    JournalOffsets.parse("--from-offset", List.of("7:3"))))))
                    .isInstanceOf(LockstepException.class)
                    .hasMessage(topic(sidecar) + " has no partition 7; there are [0, 1, 2]");
            assertThatThrownBy(() -> app.replay(sidecar)
                            .run(new ReplayRequest(
                                    new ReplayRequest.FromSavepoint("any"),
                                    null,
                                    null,
                                    JournalOffsets.parse("--to-offset", List.of("0:3")),
                                    Set.of())))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageStartingWith("--to-offset is a place in the journal");
            sidecar.stop();
        }
    }

    /** What was taken in meanwhile is not in the topic, and nothing in the topic says so. */
    @Test
    void aRunWithoutTheJournalEndsWhatItCovers() throws Exception {
        ReplayApplication app = ReplayApplication.PASCAL;
        TestDatabase db = server.database();
        db.execute(app.schema().ddl());
        try (SidecarHarness sidecar = journaled(db, app);
                SidecarHarness without = sidecar.withKafka(null)) {
            sidecar.start();
            db.execute(app.rows(1, 20));
            sidecar.awaitInStep(app.judge());
            sidecar.awaitCaughtUp();
            sidecar.stop();
            Lsn between = Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
            assertThat(app.replay(sidecar)
                            .dryRun(request(new ReplayRequest.FromLsn(between)))
                            .from())
                    .as("taken before")
                    .isEqualTo("0:0 1:0 2:0");
            db.execute(app.rows(21, 40));
            without.untilCaughtUp();
            sidecar.start();
            db.execute(app.rows(41, 60));
            sidecar.awaitInStep(app.judge());
            sidecar.awaitCaughtUp();
            assertThatThrownBy(() -> app.replay(sidecar).dryRun(request(new ReplayRequest.FromLsn(between))))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageStartingWith("the changes from " + between + " on are not kept; " + topic(sidecar)
                            + " holds every change since ");
            sidecar.stop();
        }
    }

    /** Stopped while a row is held, it goes on where it was with the same request. */
    @Test
    void aReplayThatWasStoppedGoesOn() throws Exception {
        ReplayApplication app = ReplayApplication.PASCAL;
        TestDatabase db = server.database();
        db.execute(app.schema().ddl());
        try (SidecarHarness sidecar = journaled(db, app);
                Connection holder = db.connect();
                Statement statement = holder.createStatement()) {
            sidecar.start();
            db.execute(app.rows(41, 60));
            sidecar.awaitInStep(app.judge());
            sidecar.awaitCaughtUp();
            sidecar.stop();
            app.plant(db, sidecar);
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM \"Messages\" WHERE \"Content\" = 'text 51' FOR UPDATE");
            StopSignal stop = new StopSignal();
            ReplayRequest request = request(from(Map.of(0, 0L, 1, 0L, 2, 0L)));
            AtomicReference<Throwable> ended = new AtomicReference<>();
            Thread replaying = new Thread(() -> {
                try {
                    app.replay(sidecar, stop).run(request);
                } catch (Exception e) {
                    ended.set(e);
                }
            });
            replaying.start();
            Await.until("all but one are mended", () -> app.judge().outOfStep(db) == 1);
            stop.request();
            replaying.join();
            assertThat(ended.get()).isInstanceOf(InterruptedException.class);
            holder.rollback();
            assertThat(app.replay(sidecar).run(request).mended()).isEqualTo(4);
            assertThat(app.judge().outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name() + ".replay_run"))
                    .isZero();
        }
    }

    private static SidecarHarness journaled(TestDatabase db, ReplayApplication app) throws Exception {
        SidecarHarness plain = SidecarHarness.expanded(db, app.schema().spec()).backfilled();
        return plain.withKafka(new KafkaConfig(
                broker.servers(),
                new KafkaConfig.Journal(plain.name() + ".journal", PARTITIONS, Duration.ofHours(30)),
                Map.of()));
    }

    private static String topic(SidecarHarness sidecar) {
        return sidecar.name() + ".journal";
    }

    private static ReplayRequest request(ReplayRequest.From from) {
        return new ReplayRequest(from, null, null, Set.of());
    }

    private static ReplayRequest.From from(Map<Integer, Long> offsets) {
        return new ReplayRequest.FromOffset(new JournalOffsets(new TreeMap<>(offsets)));
    }

    private static Map<Integer, Long> ends(SidecarHarness sidecar) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.servers()))) {
            Map<Integer, Long> ends = new TreeMap<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                TopicPartition one = new TopicPartition(topic(sidecar), partition);
                ends.put(
                        partition,
                        admin.listOffsets(Map.of(one, OffsetSpec.latest()))
                                .partitionResult(one)
                                .get()
                                .offset());
            }
            return ends;
        }
    }
}
