package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Drift is planted by plain SQL and counted by plain SQL; {@code verify} has to find the same rows. */
class VerifierIT {

    private SidecarHarness harness;

    @AfterEach
    void close() {
        harness.close();
    }

    @Test
    void plantedDriftIsFoundToTheRowAndMended() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 20) i;"
                        + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\", generate_series(1, 50);"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'm' || i FROM \"Personas\", generate_series(1, 500) i");
        harness = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).untilCaughtUp();
        LockstepConfig config = harness.config();
        Database database = harness.lockstep();

        assertThat(verify(config, database, false).clean()).isTrue();

        // The slot is not read while nothing runs, so none of this is mended behind our back.
        db.execute(
                "UPDATE \"Messages\" SET \"FromAgentId\" = NULL WHERE \"Id\" IN (SELECT \"Id\" FROM \"Messages\" ORDER BY \"Id\" LIMIT 7);"
                        + "UPDATE \"Messages\" SET \"FromAgentId\" = (SELECT \"Id\" FROM \"Agents\" a WHERE a.\"PersonaId\" <> \"FromPersonaId\" LIMIT 1)"
                        + " WHERE \"Id\" IN (SELECT \"Id\" FROM \"Messages\" ORDER BY \"Id\" DESC LIMIT 11);"
                        + "UPDATE \"Messages\" SET \"ContentHash\" = repeat('0', 64) WHERE \"Id\" IN (SELECT \"Id\" FROM \"Messages\" ORDER BY \"Id\" OFFSET 100 LIMIT 13);"
                        + "UPDATE \"Conversations\" SET \"AgentId\" = NULL WHERE \"Id\" IN (SELECT \"Id\" FROM \"Conversations\" ORDER BY \"Id\" LIMIT 3)");

        VerifyReport found = verify(config, database, false);
        assertThat(found.clean()).isFalse();
        VerifyReport.Table messages = table(found, "public.Messages");
        assertThat(messages.rows()).isEqualTo(10_000);
        assertThat(messages.missing()).isEqualTo(7);
        assertThat(messages.wrong()).isEqualTo(11);
        assertThat(messages.hashWrong()).isEqualTo(13);
        assertThat(messages.examples())
                .isNotEmpty()
                .allSatisfy(
                        key -> assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"Id\" = '" + key + "'"))
                                .isEqualTo(1));
        assertThat(table(found, "public.Conversations").missing()).isEqualTo(3);

        VerifyReport mended = verify(config, database, true);
        assertThat(mended.clean()).isTrue();
        assertThat(mended.repaired()).isEqualTo(7 + 11 + 13 + 3);
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    @Test
    void massiveDriftIsMendedWithoutAPriorBackfill() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.SNAKE.ddl());
        db.execute(
                "INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 20) i;"
                        + "INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, 'm' || i FROM app.personas, generate_series(1, 500) i");
        harness = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec());
        LockstepConfig config = harness.config();
        Database database = harness.lockstep();

        VerifyReport found = verify(config, database, false);
        assertThat(found.agents().missing()).isEqualTo(20);
        assertThat(table(found, "app.messages").missing()).isEqualTo(10_000);

        VerifyReport mended = verify(config, database, true);
        assertThat(mended.clean()).isTrue();
        assertThat(
                        db.number(
                                "SELECT count(*) FROM app.messages m JOIN app.agents a ON a.persona_id = m.from_persona_id"
                                        + " WHERE m.from_agent_id = a.agent_id AND m.content_hash = sha256(convert_to(m.body, 'UTF8'))"))
                .isEqualTo(10_000);
    }

    private static VerifyReport verify(LockstepConfig config, Database database, boolean repair) throws Exception {
        Mapping mapping;
        long epoch;
        try (Connection connection = database.open("test")) {
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            epoch = new Fence(config.name()).read(connection).epoch();
        }
        Verifier verifier = new Verifier(database, config.name(), mapping, 2, new StopSignal());
        if (!repair) {
            return verifier.run(Verifier.Repair.NONE);
        }
        try (WriteSession session = WriteSession.open(database, config.name(), "repair", 31, epoch)) {
            return verifier.run(new RowRepair(session, config.name(), mapping, new StopSignal()));
        }
    }

    private static VerifyReport.Table table(VerifyReport report, String name) {
        return report.tables().stream()
                .filter(t -> t.table().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
