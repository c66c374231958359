package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** An Agents table that was there before lockstep. */
class AdoptedAgentsTest {

    @Test
    void missing_columns_are_added_and_its_rows_stay() throws Exception {
        try (Expansion expansion = with("""
                CREATE TABLE "Agents" ("Id" uuid PRIMARY KEY, "Label" text);
                INSERT INTO "Agents" VALUES (gen_random_uuid(), 'one'), (gen_random_uuid(), 'two');
                """)) {
            assertThat(expansion.expander().expand())
                    .contains(
                            "Add PersonaId, Name, IsActive, MemoryRootId to public.Agents",
                            "Build unique index IX_Agents_PersonaId of public.Agents")
                    .doesNotContain("Create table public.Agents");

            assertThat(expansion.database().rows("""
                            SELECT "Label", "PersonaId", "Name", "IsActive", "MemoryRootId" FROM "Agents" ORDER BY 1
                            """))
                    .hasToString("[[one, null, null, t, null], [two, null, null, t, null]]");
            assertThat(expansion.expander().plan()).isEmpty();
        }
    }

    @Test
    void two_agents_of_one_persona_are_refused_before_anything_is_touched() throws Exception {
        try (Expansion expansion = with("""
                CREATE TABLE "Agents" ("Id" uuid PRIMARY KEY, "PersonaId" uuid);
                INSERT INTO "Agents" SELECT gen_random_uuid(), '00000000-0000-0000-0000-00000000000a' FROM generate_series(1, 3);
                INSERT INTO "Agents" SELECT gen_random_uuid(), NULL FROM generate_series(1, 3);
                """)) {
            assertThatThrownBy(() -> expansion.expander().expand())
                    .isInstanceOf(LockstepException.class)
                    .hasMessageStartingWith("1 personas have more than one row in public.Agents")
                    .hasMessageContaining("SELECT \"PersonaId\", count(*) FROM \"public\".\"Agents\"")
                    .hasMessageNotContaining("0000000a")
                    .extracting(e -> ((LockstepException) e).kind())
                    .isEqualTo(LockstepException.Kind.WRONG_INPUT);
            assertThat(expansion.database().text("SELECT to_regnamespace('" + expansion.name() + "')"))
                    .isNull();
        }
    }

    @Test
    void an_id_that_no_foreign_key_can_refer_to_is_refused() throws Exception {
        try (Expansion expansion = with("""
                CREATE TABLE "Agents" ("Tenant" int, "Id" uuid, "PersonaId" uuid UNIQUE, PRIMARY KEY ("Tenant", "Id"));
                """)) {
            assertThatThrownBy(() -> expansion.expander().plan())
                    .hasMessageContaining("public.Agents.Id is not unique")
                    .hasMessageContaining("ADD UNIQUE");
        }
    }

    @Test
    void a_partial_unique_index_does_not_count_and_keeps_its_name() throws Exception {
        try (Expansion expansion = with("""
                CREATE TABLE "Agents" ("Id" uuid PRIMARY KEY, "PersonaId" uuid, "IsActive" boolean NOT NULL DEFAULT true);
                CREATE UNIQUE INDEX "IX_Agents_PersonaId" ON "Agents" ("PersonaId") WHERE "IsActive";
                """)) {
            assertThat(expansion.expander().expand())
                    .contains("Build unique index IX_Agents_PersonaId_lockstep of public.Agents");
            assertThat(expansion.expander().plan()).isEmpty();
        }
    }

    @Test
    void an_invalid_leftover_of_the_unique_index_is_dropped_and_rebuilt() throws Exception {
        try (Expansion expansion = with("""
                CREATE TABLE "Agents" ("Id" uuid PRIMARY KEY, "PersonaId" uuid);
                INSERT INTO "Agents" SELECT gen_random_uuid(), '00000000-0000-0000-0000-00000000000a' FROM generate_series(1, 2);
                """)) {
            TestDatabase database = expansion.database();
            assertThatThrownBy(() -> database.execute(
                            "CREATE UNIQUE INDEX CONCURRENTLY \"IX_Agents_PersonaId\" ON \"Agents\" (\"PersonaId\")"))
                    .isInstanceOf(SQLException.class);
            database.execute("DELETE FROM \"Agents\" WHERE ctid = '(0,1)'");

            assertThat(expansion.expander().expand())
                    .containsSubsequence(
                            "Drop the unfinished index IX_Agents_PersonaId of public.Agents",
                            "Build unique index IX_Agents_PersonaId of public.Agents");
            assertThat(expansion.expander().plan()).isEmpty();
        }
    }

    @Test
    void deleting_a_persona_or_an_agent_keeps_working() throws Exception {
        try (Expansion expansion = with("""
                INSERT INTO "Personas" VALUES ('00000000-0000-0000-0000-00000000000a', 'Ada');
                INSERT INTO "Conversations" ("PersonaId") VALUES ('00000000-0000-0000-0000-00000000000a');
                """)) {
            expansion.expander().expand();
            expansion.postBackfill().finish();
            TestDatabase database = expansion.database();
            database.execute("""
                    INSERT INTO "Agents" ("Id", "PersonaId", "MemoryRootId")
                      SELECT gen_random_uuid(), "Id", gen_random_uuid() FROM "Personas";
                    UPDATE "Conversations" SET "AgentId" = (SELECT "Id" FROM "Agents");
                    """);

            database.execute("DELETE FROM \"Personas\"");
            database.execute("DELETE FROM \"Agents\"");

            assertThat(database.rows("SELECT \"PersonaId\", \"AgentId\" FROM \"Conversations\""))
                    .hasToString("[[00000000-0000-0000-0000-00000000000a, null]]");
        }
    }

    private static Expansion with(String agents) throws SQLException {
        return Expansion.of(LegacySchema.PASCAL.ddl() + agents, LegacySchema.PASCAL.spec());
    }
}
