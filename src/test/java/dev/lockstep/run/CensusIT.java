package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who still writes without knowing of agents is counted by table and hour, and the count outlives the process. */
class CensusIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void rowsOfLegacyWritersAreCountedThoseOfMigratedOnesAreNot() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.start().awaitCaughtUp();
            db.execute("INSERT INTO \"Personas\" SELECT gen_random_uuid() FROM generate_series(1, 3)");
            sidecar.awaitCaughtUp();
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old' FROM \"Personas\";"
                            + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"FromAgentId\", \"Content\")"
                            + " SELECT \"PersonaId\", \"Id\", 'new' FROM \"Agents\";"
                            + "INSERT INTO \"Messages\" (\"Content\") VALUES ('of nobody');"
                            + "UPDATE \"Messages\" SET \"Content\" = 'changed'");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "Messages")).isEqualTo(3);
            assertThat(counted(sidecar, "Personas")).isZero();

            sidecar.stop();
            sidecar.start();
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old' FROM \"Personas\"");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "Messages")).isEqualTo(6);
            List<StatusReport.Census> shown =
                    StatusReader.once(sidecar.lockstep(), sidecar.config()).census();
            assertThat(shown).extracting(StatusReport.Census::table).containsExactly("public.Messages");
            assertThat(shown.get(0).writes()).isEqualTo(6);
        }
    }

    @Test
    void soAreThoseOfASchemaWithIntegerKeys() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec())) {
            sidecar.start().awaitCaughtUp();
            db.execute("INSERT INTO app.messages (from_persona_id, body) SELECT 7, 'm' FROM generate_series(1, 20)");
            sidecar.awaitCaughtUp();
            assertThat(counted(sidecar, "messages")).isEqualTo(20);
        }
    }

    private long counted(SidecarHarness sidecar, String table) throws Exception {
        return db.number("SELECT coalesce(sum(writes), 0) FROM " + sidecar.name() + ".census WHERE table_name = '"
                + table + "'");
    }
}
