package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code run --until-caught-up} on rows that were there before expand, and on rows that came after it. */
class SidecarIT {

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void existingAndNewRowsEndInStep(LegacySchema legacy) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(legacy.ddl());
        db.execute(rows(legacy));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, legacy.spec())) {
            db.execute(rows(legacy));
            sidecar.untilCaughtUp();
            Judge judge = legacy == LegacySchema.PASCAL ? Judge.PASCAL : Judge.SNAKE;
            assertThat(judge.outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM " + judge.agents())).isEqualTo(40);
        }
    }

    /** Nothing can be derived any more: it ends, says which column is gone, and goes on once it is back. */
    @Test
    void aColumnRenamedWhileItRunsIsNamed() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute("ALTER TABLE \"Messages\" RENAME \"FromPersonaId\" TO \"Old\";"
                    + "INSERT INTO \"Messages\" (\"Old\", \"Content\") VALUES (gen_random_uuid(), 'm')");
            Await.until("it has ended", () -> !sidecar.running());
            assertThat(sidecar.failure()).hasMessageContaining("public.Messages has no column FromPersonaId");
            db.execute("ALTER TABLE \"Messages\" RENAME \"Old\" TO \"FromPersonaId\"");
            sidecar.start().awaitInStep(Judge.PASCAL);
            sidecar.stop();
        }
    }

    private static String rows(LegacySchema legacy) {
        return switch (legacy) {
            case PASCAL -> """
                INSERT INTO "Personas" ("Name") SELECT 'p' || i FROM generate_series(1, 20) i;
                INSERT INTO "Conversations" ("PersonaId") SELECT "Id" FROM "Personas", generate_series(1, 10);
                INSERT INTO "Messages" ("FromPersonaId", "Content") SELECT "Id", 'm' || i FROM "Personas", generate_series(1, 100) i;
                """;
            case SNAKE -> """
                INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 20) i;
                INSERT INTO app.conversations SELECT persona_id, (SELECT count(*) FROM app.conversations) + i, persona_id, 't'
                  FROM app.personas, generate_series(1, 10) i;
                INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, 'm' || i FROM app.personas, generate_series(1, 100) i;
                """;
        };
    }
}
