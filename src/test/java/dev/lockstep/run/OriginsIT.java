package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Our commits are tagged so that they need not come back; where that cannot be, all else works all the same. */
class OriginsIT {

    private static final String INSERT = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT gen_random_uuid(), i FROM generate_series(1, 600) i";

    /** A server that keeps one origin: the first lane has it, the second lane and the scan go without. */
    @Test
    void aServerThatTracksNoMoreOriginsCostsTimeOnly() throws Exception {
        boolean own = Integer.parseInt(System.getProperty("postgres.version", "18")) >= 18;
        try (EmbeddedPostgres server =
                TestPostgres.start(Map.of(own ? "max_active_replication_origins" : "max_replication_slots", "1"))) {
            TestDatabase db = TestPostgres.database(server);
            db.execute(LegacySchema.PASCAL.ddl());
            db.execute(INSERT);
            try (SidecarHarness sidecar =
                    SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).start()) {
                db.execute(INSERT);
                sidecar.awaitInStep(Judge.PASCAL);
                db.execute(INSERT);
                sidecar.awaitInStep(Judge.PASCAL);
                assertThat(db.number("SELECT count(*) FROM pg_replication_origin_status"))
                        .isOne();
                assertThat(sidecar.gaps()).isZero();
            }
        }
    }

    /** The server leaves out everybody's tagged commits or nobody's; while others have origins, nobody's. */
    @Test
    void rowsThatAnotherOriginWritesAreKeptInStep() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            String other = "other_" + sidecar.name();
            db.rows("SELECT pg_replication_origin_create('" + other + "')");
            sidecar.start();
            writeAs(db, other);
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
            db.rows("SELECT pg_replication_origin_drop('" + other + "')");
        }
    }

    /** Where the server left them out already, what they wrote is scanned for. Before PostgreSQL 16 it cannot. */
    @Test
    void rowsOfAnOriginThatComesUpWhileRunningEndInStep() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.rows("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            sidecar.awaitCaughtUp();
            boolean none = db.number("SHOW server_version_num") >= 160000;
            String other = "other_" + sidecar.name();
            writeAs(db, other);
            if (none) {
                Await.until(
                        "the gap is scanned",
                        () -> db.number("SELECT count(*) FROM " + sidecar.name() + ".gap WHERE scanned_at IS NOT NULL")
                                == 1);
            }
            sidecar.awaitInStep(Judge.PASCAL);
            writeAs(db, other);
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(db.rows("SELECT reason FROM " + sidecar.name() + ".gap"))
                    .isEqualTo(none ? List.of(List.of("origin-appeared")) : List.of());
            db.rows("SELECT pg_replication_origin_drop('" + other + "')");
        }
    }

    /** Origins are the server's: those of another lockstep, in a database of its own, cost this one nothing. */
    @Test
    void aSecondLockstepInAnotherDatabaseMakesNoGap() throws Exception {
        TestDatabase first = TestPostgres.database();
        TestDatabase second = TestPostgres.database();
        first.execute(LegacySchema.PASCAL.ddl());
        second.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness one = SidecarHarness.expanded(first, LegacySchema.PASCAL.spec())
                        .backfilled()
                        .start();
                SidecarHarness two = SidecarHarness.expanded(second, LegacySchema.PASCAL.spec())
                        .backfilled()) {
            first.execute(INSERT);
            one.awaitInStep(Judge.PASCAL);
            two.start();
            second.execute(INSERT);
            two.awaitInStep(Judge.PASCAL);
            assertThat(second.number("SELECT count(*) FROM pg_replication_origin WHERE starts_with(roname, '"
                            + two.name() + "_')"))
                    .isPositive();
            first.execute(INSERT);
            one.awaitInStep(Judge.PASCAL);
            String beat = first.text("SELECT clock_timestamp()"); // the clock looks once a second
            Await.until(
                    "it has looked at origins",
                    () -> "t"
                            .equals(first.text(
                                    "SELECT clock_timestamp() > '" + beat + "'::timestamptz + interval '3 seconds'")));
            one.assertTheStreamAloneDidIt();
            two.assertTheStreamAloneDidIt();
        }
    }

    private static void writeAs(TestDatabase db, String origin) throws Exception {
        db.rows("SELECT pg_replication_origin_create('" + origin + "') WHERE pg_replication_origin_oid('" + origin
                + "') IS NULL");
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_replication_origin_session_setup('" + origin + "')");
            statement.execute(INSERT);
            statement.execute("SELECT pg_replication_origin_session_reset()");
        }
    }
}
