package dev.lockstep.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.database.Database;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scans without a stream: only rows that were there before. */
class ScanRunnerIT {

    private TestDatabase db;
    private SidecarHarness harness;
    private Mapping mapping;

    @BeforeEach
    void expand() throws Exception {
        db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 20) i;"
                        + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\", generate_series(1, 50);"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", repeat('x', 300) || i FROM \"Personas\", generate_series(1, 1000) i;"
                        + "INSERT INTO \"Messages\" (\"Content\") SELECT 'nobody ' || i FROM generate_series(1, 500) i;"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'a stranger' FROM generate_series(1, 10)");
        harness = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
        try (Connection connection = harness.lockstep().open("test")) {
            mapping = MappingResolver.resolve(
                    LegacySchema.PASCAL.spec(), new CatalogReader().read(connection, LegacySchema.PASCAL.spec()));
        }
    }

    @AfterEach
    void close() {
        harness.close();
    }

    @Test
    void fillsEveryRowWithSeveralWorkersAndASecondScanWritesNothing() throws Exception {
        assertThat(scan(3, ScanProgress.NONE, new StopSignal())).isEqualTo(21_510);
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
        assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isEqualTo(30);
        db.execute("UPDATE " + harness.name() + ".scan SET state = 'pending', end_block = NULL, next_block = 0");
        assertThat(scan(1, ScanProgress.NONE, new StopSignal())).isZero();
    }

    @Test
    void goesOnWhereItWasStopped() throws Exception {
        StopSignal stop = new StopSignal();
        ScanProgress stopInTheMiddle = (leaf, done, total, rows) -> {
            if (leaf.name().equals("Messages") && done > total / 3) {
                stop.request();
            }
        };
        assertThatThrownBy(() -> scan(1, stopInTheMiddle, stop)).isInstanceOf(InterruptedException.class);
        long cursor = db.number("SELECT next_block FROM " + harness.name() + ".scan WHERE table_name = 'Messages'");
        assertThat(cursor).isPositive();
        assertThat(Judge.PASCAL.outOfStep(db)).isPositive();

        List<Long> seen = new ArrayList<>();
        scan(1, (leaf, done, total, rows) -> seen.add(done), new StopSignal());
        assertThat(seen).isNotEmpty().allMatch(done -> done > cursor);
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    @Test
    void aRewrittenTableIsScannedFromItsBeginning() throws Exception {
        StopSignal stop = new StopSignal();
        assertThatThrownBy(() -> scan(
                        1,
                        (leaf, done, total, rows) -> {
                            if (leaf.name().equals("Messages")) {
                                stop.request();
                            }
                        },
                        stop))
                .isInstanceOf(InterruptedException.class);
        // Blocks mean other rows now: the rows that were not done may lie before the cursor.
        db.execute("CREATE INDEX by_hash ON \"Messages\" (\"ContentHash\" NULLS FIRST)");
        db.execute("CLUSTER \"Messages\" USING by_hash");
        scan(1, ScanProgress.NONE, new StopSignal());
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    @Test
    void aRowThatAWriterHoldsIsWaitedForWithoutStoppingTheOthers() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        try (Connection writer = db.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("SELECT FROM \"Messages\" WHERE ctid = '(0,1)' FOR UPDATE");
            Future<Long> scan = threads.submit(() -> scan(1, ScanProgress.NONE, new StopSignal()));
            Await.until("every row but the held one is in step", () -> Judge.PASCAL.outOfStep(db) == 1);
            assertThat(db.number("SELECT next_block FROM " + harness.name() + ".scan WHERE table_name = 'Messages'"))
                    .as("the cursor stays before the held row")
                    .isZero();
            writer.rollback();
            scan.get();
        } finally {
            threads.shutdown();
        }
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    private long scan(int workers, ScanProgress progress, StopSignal stop) throws InterruptedException, SQLException {
        Database database = harness.lockstep();
        return new ScanRunner(
                        harness.name(),
                        mapping,
                        new AgentCache(),
                        worker -> WriteSession.open(
                                database, harness.name(), "scan-" + worker, Fence.SCAN_SEAT + worker, 0),
                        Duration.ofMillis(5),
                        workers,
                        Brake.NONE,
                        progress,
                        stop)
                .run();
    }
}
