package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import org.junit.jupiter.api.Test;

/** A row that the server refuses is set aside by name, holds up no other, and is mended once the cause has gone. */
class DeadLettersIT {

    private static final String UNKNOWN = "11111111-1111-1111-1111-111111111111";

    private final TestDatabase db = TestPostgres.database();

    @Test
    void aPersonaThatAForeignKeyWantsKnownIsWaitedFor() throws Exception {
        db.execute(
                LegacySchema.PASCAL.ddl()
                        + "CREATE TABLE \"Agents\" (\"Id\" uuid PRIMARY KEY, \"PersonaId\" uuid UNIQUE REFERENCES \"Personas\", \"MemoryRootId\" uuid NOT NULL)");
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).start()) {
            sidecar.awaitCaughtUp();
            db.execute("INSERT INTO \"Personas\" SELECT gen_random_uuid() FROM generate_series(1, 5);"
                    + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'm' FROM \"Personas\";"
                    + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES ('" + UNKNOWN
                    + "', 'stranger')");
            sidecar.awaitCaughtUp();
            assertThat(Judge.PASCAL.outOfStep(db)).isOne();
            assertThat(db.rows("SELECT table_name, key[1], sqlstate, reason FROM " + sidecar.name() + ".dead_letter"))
                    .singleElement()
                    .satisfies(letter -> {
                        assertThat(letter.subList(0, 3))
                                .containsExactly(
                                        "Messages",
                                        db.text("SELECT \"Id\" FROM \"Messages\" WHERE \"Content\" = 'stranger'"),
                                        "23503");
                        assertThat(letter.get(3)).contains("no agent can be made");
                    });
            db.execute("INSERT INTO \"Personas\" VALUES ('" + UNKNOWN + "')");
            Await.until("the letter is settled", () -> sidecar.deadLetters() == 0);
            sidecar.awaitInStep(Judge.PASCAL);
        }
    }

    @Test
    void poisonRowsHoldUpNoOthersAndClearOnceTheirCauseHasGone() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                  $$ BEGIN IF NEW."Title" = 'poison' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON "Conversations" FOR EACH ROW EXECUTE FUNCTION refuse();
                """);
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).start()) {
            sidecar.awaitIndexed();
            db.execute("ALTER TABLE \"Messages\" ADD CONSTRAINT no_poison"
                    + " CHECK (\"FromAgentId\" IS NULL OR \"Content\" <> 'poison')");
            sidecar.awaitCaughtUp();
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                            + " SELECT gen_random_uuid(), CASE WHEN i % 20 = 7 THEN 'poison' ELSE 'm' END FROM generate_series(1, 60) i;"
                            + "INSERT INTO \"Conversations\" (\"PersonaId\", \"Title\")"
                            + " SELECT gen_random_uuid(), CASE WHEN i = 7 THEN 'poison' ELSE 'c' END FROM generate_series(1, 60) i");
            sidecar.awaitCaughtUp();
            assertThat(Judge.PASCAL.outOfStep(db)).isEqualTo(4);
            assertThat(db.rows(
                            "SELECT sqlstate, count(*) FROM " + sidecar.name() + ".dead_letter GROUP BY 1 ORDER BY 1"))
                    .containsExactly(java.util.List.of("23514", "3"), java.util.List.of("P0001", "1"));
            assertThat(db.text("SELECT reason FROM " + sidecar.name() + ".dead_letter WHERE sqlstate = 'P0001'"))
                    .contains("in refuse, line 1");

            db.execute("ALTER TABLE \"Messages\" DROP CONSTRAINT no_poison; DROP TRIGGER refuse ON \"Conversations\"");
            db.execute("UPDATE " + sidecar.name() + ".dead_letter SET next_try = now()");
            Await.until("the letters are settled", () -> sidecar.deadLetters() == 0);
            sidecar.awaitInStep(Judge.PASCAL);
        }
    }

    /** A deferred constraint refuses only at the commit, where no row is at fault any more. */
    @Test
    void aRowThatADeferredConstraintRefusesHoldsUpNoOthers() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).start()) {
            sidecar.awaitCaughtUp().awaitIndexed();
            db.execute("""
                    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                      $$ BEGIN IF NEW."Content" = 'poison' THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON "Messages" DEFERRABLE INITIALLY DEFERRED
                      FOR EACH ROW EXECUTE FUNCTION refuse();
                    INSERT INTO "Messages" ("FromPersonaId", "Content")
                      SELECT gen_random_uuid(), CASE WHEN i = 7 THEN 'poison' ELSE 'm' END FROM generate_series(1, 60) i;
                    """);
            sidecar.awaitCaughtUp();
            assertThat(Judge.PASCAL.outOfStep(db)).isOne();
            assertThat(sidecar.deadLetters()).isOne();
        }
    }

    @Test
    void aRowThatTheBackfillSetAsideIsTriedAgainByTheRunningSidecar() throws Exception {
        db.execute(
                LegacySchema.PASCAL.ddl()
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                        + " SELECT gen_random_uuid(), CASE WHEN i = 7 THEN 'poison' ELSE 'm' END FROM generate_series(1, 60) i;");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            db.execute("ALTER TABLE \"Messages\" ADD CONSTRAINT no_poison"
                    + " CHECK (\"FromAgentId\" IS NULL OR \"Content\" <> 'poison')");
            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'done'");
            sidecar.start().awaitCaughtUp(); // it has looked for letters, and there were none
            sidecar.stop();
            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'pending'");
            sidecar.start();
            Await.until("the row is set aside", () -> sidecar.deadLetters() == 1);
            sidecar.awaitCaughtUp();
            assertThat(Judge.PASCAL.outOfStep(db)).isOne();
            db.execute("ALTER TABLE \"Messages\" DROP CONSTRAINT no_poison");
            db.execute("UPDATE " + sidecar.name() + ".dead_letter SET next_try = now()");
            Await.until("the letter is settled", () -> sidecar.deadLetters() == 0);
            sidecar.awaitInStep(Judge.PASCAL);
        }
    }
}
