package dev.lockstep.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.savepoint.Savepoint;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replays mend what has drifted among the rows that changed since a savepoint, and write nothing else. */
class ReplayIT {

    /** Text 1 to 40 are there before the savepoint, 41 to 60 come after it; two of six that drift are of before. */
    @ParameterizedTest
    @EnumSource(ReplayApplication.class)
    void mendsWhatHasDriftedSinceAndWritesNothingElse(ReplayApplication app) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(app.schema().ddl());
        db.execute(app.rows(1, 40));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, app.schema().spec())) {
            sidecar.untilCaughtUp();
            Savepoint savepoint = savepoint(sidecar, "before");
            db.execute(app.rows(41, 60));
            sidecar.start().awaitInStep(app.judge());
            Instant between = Instant.parse(db.text(
                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC'," + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
            app.plant(db, sidecar);
            assertThat(app.judge().outOfStep(db)).isEqualTo(6);

            ReplayReport looked = ReplayApplication.PASCAL.replay(sidecar).dryRun(from("before"));
            assertThat(app.outOfStep(looked)).isEqualTo(4);
            assertThat(looked.tables().get(app.messages())).isEqualTo(new ReplayReport.Table(20, 3));
            assertThat(app.judge().outOfStep(db)).as("a dry run writes nothing").isEqualTo(6);

            ReplayReport one = ReplayApplication.PASCAL
                    .replay(sidecar)
                    .run(new ReplayRequest(
                            new ReplayRequest.FromSavepoint("before"),
                            null,
                            null,
                            Set.of(TableName.parse(app.messages(), ""))));
            assertThat(one.mended()).as("of one table").isEqualTo(3);
            ReplayReport rest = ReplayApplication.PASCAL.replay(sidecar).run(from("before")); // beside the live run
            assertThat(rest.mended()).isEqualTo(1);
            assertThat(app.judge().outOfStep(db))
                    .as("what did not change since")
                    .isEqualTo(2);
            assertThat(rest.changes()).isEqualTo(looked.changes());
            assertThat(rest.checked()).isEqualTo(looked.checked());

            String versions = app.versions(db);
            ReplayReport again = ReplayApplication.PASCAL
                    .replay(sidecar)
                    .run(new ReplayRequest(new ReplayRequest.FromLsn(savepoint.lsn()), null, null, Set.of()));
            assertThat(again.mended()).isZero();
            assertThat(again.checked()).isEqualTo(looked.checked());
            assertThat(ReplayApplication.PASCAL
                            .replay(sidecar)
                            .run(new ReplayRequest(new ReplayRequest.FromTime(between), null, null, Set.of()))
                            .checked())
                    .isEqualTo(looked.checked());
            assertThat(app.versions(db))
                    .as("where all is in step nothing is written")
                    .isEqualTo(versions);
            assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE starts_with(slot_name, '"
                            + sidecar.name() + "')"))
                    .as("the stream's slot and the savepoint's")
                    .isEqualTo(2);
            assertThat(sidecar.gaps()).isZero();
            sidecar.stop();
        }
    }

    @Test
    void whatIsNotKeptIsRefusedWithTheEarliestThatIs() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.untilCaughtUp();
            assertThatThrownBy(() -> ReplayApplication.PASCAL.replay(sidecar).run(from("none")))
                    .isInstanceOf(LockstepException.class)
                    .hasMessage(
                            "there is no savepoint none; there is no savepoint to go back to; `lockstep verify --repair`"
                                    + " looks at every row instead");
            Savepoint kept = savepoint(sidecar, "kept");
            assertThatThrownBy(() -> ReplayApplication.PASCAL
                            .replay(sidecar)
                            .run(new ReplayRequest(new ReplayRequest.FromLsn(Lsn.parse("0/1")), null, null, Set.of())))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining(
                            "the changes from 0/1 on are not kept; the earliest is savepoint kept, from " + kept.lsn());
            assertThatThrownBy(() -> savepoint(sidecar, "kept"))
                    .hasMessageContaining("there is a savepoint kept already");
            assertThatThrownBy(() -> savepoint(sidecar, "Kept!")).hasMessageContaining("1 to 18 of a-z");
        }
    }

    /** Stopped while a row is held, it goes on where it was with the same request. */
    @Test
    void aReplayThatWasStoppedGoesOn() throws Exception {
        ReplayApplication app = ReplayApplication.PASCAL;
        TestDatabase db = TestPostgres.database();
        db.execute(app.schema().ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, app.schema().spec());
                Connection holder = db.connect();
                Statement statement = holder.createStatement()) {
            sidecar.untilCaughtUp();
            savepoint(sidecar, "before");
            db.execute(app.rows(41, 60));
            sidecar.untilCaughtUp();
            app.plant(db, sidecar);
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM \"Messages\" WHERE \"Content\" = 'text 51' FOR UPDATE");
            StopSignal stop = new StopSignal();
            AtomicReference<Throwable> ended = new AtomicReference<>();
            Thread replaying = new Thread(() -> {
                try {
                    ReplayApplication.PASCAL.replay(sidecar, stop).run(from("before"));
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
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name() + ".replay_run"))
                    .isOne();
            assertThat(ReplayApplication.PASCAL
                            .replay(sidecar)
                            .run(from("before"))
                            .mended())
                    .isEqualTo(4);
            assertThat(app.judge().outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM " + sidecar.name() + ".replay_run"))
                    .isZero();
        }
    }

    private static ReplayRequest from(String savepoint) {
        return new ReplayRequest(new ReplayRequest.FromSavepoint(savepoint), null, null, Set.of());
    }

    private static Savepoint savepoint(SidecarHarness sidecar, String name) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            return new Savepoints(sidecar.name()).create(connection, name, false);
        }
    }
}
