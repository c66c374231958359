package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.VectorSchema;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of every supported shape: expanded, finished, and then nothing is left to do. */
class ExpandShapesTest {

    private static final MappingSpec.Agents AGENTS = LegacySchema.PASCAL.spec().agents();

    @Test
    void a_partitioned_table_of_two_levels_with_leaves_in_another_schema() throws Exception {
        String ddl = """
                CREATE SCHEMA archive;
                CREATE TABLE "Events" ("Id" bigint, "At" int, "PersonaId" uuid, PRIMARY KEY ("Id", "At")) PARTITION BY RANGE ("At");
                CREATE TABLE "Events_2025" PARTITION OF "Events" FOR VALUES FROM (202501) TO (202601)
                  PARTITION BY RANGE ("At");
                CREATE TABLE archive."Events_2025_1" PARTITION OF "Events_2025" FOR VALUES FROM (202501) TO (202507);
                CREATE TABLE "Events_2025_2" PARTITION OF "Events_2025" FOR VALUES FROM (202507) TO (202601);
                CREATE TABLE "Events_2026" PARTITION OF "Events" FOR VALUES FROM (202601) TO (202701);
                INSERT INTO "Events" SELECT i, 202501 + i % 200, gen_random_uuid() FROM generate_series(1, 300) i;
                """;
        try (Expansion expansion = Expansion.of(ddl, spec(null, null, scoped("Events", "PersonaId")))) {
            expandAndFinish(expansion);

            TestDatabase database = expansion.database();
            assertThat(database.number("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"
                            + " AND confrelid = '\"Agents\"'::regclass"))
                    .isEqualTo(3);
            assertThat(database.rows("SELECT inhparent::regclass, inhrelid::regclass FROM pg_inherits"
                            + " JOIN pg_class c ON c.oid = inhrelid"
                            + " WHERE relkind IN ('i', 'I') AND relname LIKE 'IX%' ORDER BY 2"))
                    .hasSize(4);
            assertThat(database.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
                    .isZero();
            assertThat(database.number("SELECT count(*) FROM " + expansion.name()
                            + ".scan WHERE root_name = 'Events' AND table_name LIKE 'Events\\_202%'"))
                    .isEqualTo(3);
        }
    }

    @Test
    void a_partition_that_comes_later_is_taken_in() throws Exception {
        String ddl = """
                CREATE TABLE "Events" ("Id" bigint, "At" int, "PersonaId" uuid, PRIMARY KEY ("Id", "At")) PARTITION BY RANGE ("At");
                CREATE TABLE "Events_2025" PARTITION OF "Events" FOR VALUES FROM (202501) TO (202601);
                """;
        try (Expansion expansion = Expansion.of(ddl, spec(null, null, scoped("Events", "PersonaId")))) {
            expandAndFinish(expansion);
            expansion.database().execute("""
                    CREATE TABLE "Events_2026" PARTITION OF "Events" FOR VALUES FROM (202601) TO (202701);
                    """);

            assertThat(expansion.expander().expand())
                    .containsExactly(
                            "Add the foreign key of public.Events_2026.AgentId, not validated yet",
                            "Plan the backfill of 1 table");
            assertThat(expansion.postBackfill().finish())
                    .containsExactly("Validate the foreign key FK_Events_2026_Agents_AgentId of public.Events_2026");
        }
    }

    @Test
    void no_personas_table_a_composite_key_and_another_schema() throws Exception {
        String ddl = """
                CREATE SCHEMA "Legacy App";
                CREATE TABLE "Legacy App"."It's ""here""\" (tenant text, no int, "Who" text, PRIMARY KEY (tenant, no));
                """;
        MappingSpec.Scoped table = new MappingSpec.Scoped(
                new TableName("Legacy App", "It's \"here\""), "Who", "By", null, null, null, NullPersona.KEEP);
        try (Expansion expansion = Expansion.of(ddl, spec(null, null, table))) {
            expandAndFinish(expansion);

            assertThat(expansion
                            .database()
                            .text("SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                                    + " WHERE attrelid = '\"Agents\"'::regclass AND attname = 'PersonaId'"))
                    .isEqualTo("text");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"uuid", "bigint", "text"})
    void memory_roots_in_a_table_are_referred_to(String type) throws Exception {
        String ddl = LegacySchema.PASCAL.ddl() + "CREATE TABLE \"MemoryRoots\" (\"Id\" " + type + " PRIMARY KEY);";
        MappingSpec legacy = LegacySchema.PASCAL.spec();
        MappingSpec spec = new MappingSpec(
                legacy.personas(),
                AGENTS,
                new MappingSpec.MemoryRoots(new TableName("public", "MemoryRoots"), "Id"),
                legacy.tables());
        try (Expansion expansion = Expansion.of(ddl, spec)) {
            expandAndFinish(expansion);

            assertThat(
                            expansion
                                    .database()
                                    .number(
                                            "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
                                                    + " AND conrelid = '\"Agents\"'::regclass AND confrelid = '\"MemoryRoots\"'::regclass"))
                    .isOne();
        }
    }

    @Test
    void writers_of_a_table_with_a_full_identity_keep_working() throws Exception {
        String ddl = LegacySchema.PASCAL.ddl() + """
                ALTER TABLE "Messages" REPLICA IDENTITY FULL;
                INSERT INTO "Messages" ("Content") VALUES ('hello');
                """;
        try (Expansion expansion = Expansion.of(ddl, LegacySchema.PASCAL.spec())) {
            expandAndFinish(expansion);

            expansion.database().execute("UPDATE \"Messages\" SET \"Content\" = 'bye'; DELETE FROM \"Messages\"");
        }
    }

    @Test
    void a_leaf_with_a_full_identity_keeps_taking_updates() throws Exception {
        String ddl = """
                CREATE TABLE "Events" ("Id" bigint PRIMARY KEY, "PersonaId" uuid) PARTITION BY HASH ("Id");
                CREATE TABLE "Events_0" PARTITION OF "Events" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
                ALTER TABLE "Events_0" REPLICA IDENTITY FULL;
                INSERT INTO "Events" VALUES (1);
                """;
        try (Expansion expansion = Expansion.of(ddl, spec(null, null, scoped("Events", "PersonaId")))) {
            expandAndFinish(expansion);

            expansion.database().execute("UPDATE \"Events\" SET \"PersonaId\" = gen_random_uuid()");
        }
    }

    @ParameterizedTest
    @EnumSource
    void tables_of_vectors(VectorSchema schema) throws Exception {
        try (Expansion expansion = Expansion.of(schema.ddl(), schema.spec(OnDelete.MARK))) {
            expandAndFinish(expansion);
        }
    }

    private static void expandAndFinish(Expansion expansion) {
        expansion.expander().expand();
        expansion.postBackfill().finish();
        assertThat(expansion.expander().plan()).isEmpty();
        assertThat(expansion.postBackfill().plan()).isEmpty();
    }

    private static MappingSpec.Scoped scoped(String table, String persona) {
        return new MappingSpec.Scoped(
                new TableName("public", table), persona, "AgentId", null, null, null, NullPersona.KEEP);
    }

    private static MappingSpec spec(
            MappingSpec.Personas personas, MappingSpec.MemoryRoots roots, MappingSpec.Scoped... tables) {
        return new MappingSpec(personas, AGENTS, roots, List.of(tables));
    }
}
