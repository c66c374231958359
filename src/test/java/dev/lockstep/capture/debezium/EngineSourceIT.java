package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicLong;
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
            LockstepConfig config = sidecar.config();
            Mapping mapping;
            try (Connection connection = db.connect()) {
                mapping = MappingResolver.resolve(
                        config.mapping(), new CatalogReader().read(connection, config.mapping()));
            }
            Lsn from = Lsn.parse(db.text("SELECT pg_current_wal_insert_lsn()"));
            Thread stream;
            try (EngineSource engine = new EngineSource(config, mapping, sidecar.name(), false, () -> {
                asked.incrementAndGet();
                return false;
            })) {
                stream = new Thread(() -> {
                    try {
                        engine.run(from, batch -> {
                            seen.addAndGet(batch.changes().size());
                            return Lsn.ZERO;
                        });
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                stream.start();
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
}
