package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.sync.SyncMeter;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SidecarIT {

    @Test
    void existingAndNewRowsEndInStep() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 50) i;"
                        + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\", generate_series(1, 10);"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'hello ' || i FROM \"Personas\", generate_series(1, 100) i");
        LockstepConfig config = TestConfig.of(db, LegacySchema.PASCAL.spec());
        Database database = new Database(config.database(), config.name());
        new Expander(database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1))
                .expand();
        db.execute(
                "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'later ' || i FROM \"Personas\", generate_series(1, 10) i");
        new Sidecar(config, database, new Pulse(), SyncMeter.NONE, ScanProgress.NONE, new StopSignal()).run(true);
        assertThat(
                        db.number(
                                "SELECT count(*) FROM \"Messages\" m LEFT JOIN \"Agents\" a ON a.\"PersonaId\" = m.\"FromPersonaId\""
                                        + " WHERE m.\"FromAgentId\" IS DISTINCT FROM a.\"Id\" OR m.\"FromAgentId\" IS NULL"
                                        + " OR m.\"ContentHash\" IS DISTINCT FROM encode(sha256(convert_to(m.\"Content\", 'UTF8')), 'hex')"))
                .isZero();
        assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isEqualTo(50);
    }
}
