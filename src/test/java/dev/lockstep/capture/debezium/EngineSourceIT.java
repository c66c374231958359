package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.capture.ChangeSource;
import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What is put in the place of Debezium's own parts is there, in the engine of the version that we ship. */
class EngineSourceIT {

    @Test
    void theReaderAsksWhetherToHoldBack() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        AtomicLong asked = new AtomicLong();
        AtomicLong seen = new AtomicLong();
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            Thread stream;
            try (EngineSource engine = engine(sidecar, () -> {
                asked.incrementAndGet();
                return false;
            })) {
                stream = start(now(db), engine, batch -> {
                    seen.addAndGet(batch.changes().size());
                    return Lsn.ZERO;
                });
                db.execute("INSERT INTO \"Personas\" (\"Name\") VALUES ('first')");
                Await.until("the stream is open", () -> seen.get() == 1);
                db.execute("INSERT INTO \"Personas\" (\"Name\") SELECT i FROM generate_series(1, 10) i");
                Await.until("the rest has come", () -> seen.get() == 11);
                // the first one may have come before it could be asked for
                assertThat(asked.get()).isBetween(10L, 11L);
            }
            stream.join();
        }
    }

    /** Debezium's own close is refused meanwhile, and a moment later it can leave the engine waiting for ever. */
    @Test
    void oneThatIsClosedWhileItStartsEnds() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            EngineSource engine = engine(sidecar, () -> false);
            Lsn from = now(db);
            Thread stream;
            // from here on a new session may have to wait for the lock: when the server's list of catalogs is stale it
            // reads each
            try (Connection held = Writers.begin(db, "LOCK TABLE pg_enum IN ACCESS EXCLUSIVE MODE");
                    Statement statement = held.createStatement();
                    engine) {
                stream = start(from, engine, batch -> Lsn.ZERO);
                Await.until("the engine reads the types it knows", () -> {
                    ResultSet row = statement.executeQuery(
                            "SELECT count(*) FROM pg_locks WHERE relation = 'pg_enum'::regclass AND NOT granted");
                    return row.next() && row.getInt(1) == 1;
                });
            }
            stream.join(60_000);
            assertThat(stream.isAlive()).isFalse();
            Await.until(
                    "nobody streams",
                    () -> db.text("SELECT active FROM pg_replication_slots WHERE slot_name = '" + sidecar.name() + "'")
                            .equals("f"));
        }
    }

    private static EngineSource engine(SidecarHarness sidecar, BooleanSupplier gentle) throws Exception {
        LockstepConfig config = sidecar.config();
        try (Connection connection = sidecar.lockstep().open("test")) {
            Mapping mapping =
                    MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            return new EngineSource(config, mapping, sidecar.name(), false, gentle);
        }
    }

    private static Lsn now(TestDatabase db) throws Exception {
        return Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
    }

    private static Thread start(Lsn from, EngineSource engine, ChangeSource.Consumer consumer) {
        Thread stream = new Thread(() -> {
            try {
                engine.run(from, consumer);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        stream.start();
        return stream;
    }
}
