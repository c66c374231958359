package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.Judge.Table;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Schemas of every kind, end to end: what is there by the backfill, what comes by the stream. */
class MappingsIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void noPersonasTableSeveralTablesTextKeysAndAnotherSchema() throws Exception {
        db.execute("""
                CREATE SCHEMA "Other App";
                CREATE TABLE notes (slug text PRIMARY KEY, author text);
                CREATE TABLE "Other App"."Drafts" (tenant varchar(10), no bigint, author varchar(20), PRIMARY KEY (no, tenant));
                CREATE TABLE "Other App".tasks (id bigint PRIMARY KEY, owner text);
                INSERT INTO notes SELECT 'it''s {"' || i || '"}, NULL', 'author ' || i % 5 FROM generate_series(1, 20) i;
                INSERT INTO "Other App"."Drafts" SELECT 't', i, 'author ' || i % 7 FROM generate_series(1, 20) i;
                """);
        MappingSpec spec = spec(
                scoped("public", "notes", "author"),
                scoped("Other App", "Drafts", "author"),
                scoped("Other App", "tasks", "owner"));
        Judge judge = Judge.of(
                Table.of("notes", "author", "AgentId"),
                Table.of("\"Other App\".\"Drafts\"", "author", "AgentId"),
                Table.of("\"Other App\".tasks", "owner", "AgentId"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, spec).start()) {
            sidecar.awaitInStep(judge);
            assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isEqualTo(7);
            db.execute("""
                    INSERT INTO notes VALUES ('', 'author 1'), ('null', 'NULL'), ('comma,', 'a "new" one, {really}');
                    INSERT INTO "Other App"."Drafts" VALUES ('t', 0, 'author 9'), ('u', 0, 'author 9');
                    INSERT INTO "Other App".tasks VALUES (9223372036854775807, 'owner'), (-1, '');
                    UPDATE notes SET author = 'NULL' WHERE slug LIKE '%1"}%';
                    UPDATE "Other App"."Drafts" SET tenant = 'v', author = 'author 1' WHERE no = 7;
                    """);
            sidecar.awaitInStep(judge);
            assertThat(sidecar.gaps() + sidecar.deadLetters()).isZero();
        }
    }

    @Test
    void hashPartitionsWithACompositeKey() throws Exception {
        db.execute("""
                CREATE TABLE "Messages" ("Tenant" int, "No" bigint, "Who" int, "Content" text, "ContentHash" bytea,
                  PRIMARY KEY ("Tenant", "No")) PARTITION BY HASH ("Tenant", "No");
                CREATE TABLE m0 PARTITION OF "Messages" FOR VALUES WITH (MODULUS 3, REMAINDER 0);
                CREATE TABLE m1 PARTITION OF "Messages" FOR VALUES WITH (MODULUS 3, REMAINDER 1);
                CREATE TABLE m2 PARTITION OF "Messages" FOR VALUES WITH (MODULUS 3, REMAINDER 2);
                INSERT INTO "Messages" SELECT i % 3, i, i % 5, 'm' || i FROM generate_series(1, 60) i;
                """);
        MappingSpec spec = spec(new MappingSpec.Scoped(
                new TableName("public", "Messages"),
                "Who",
                "AgentId",
                null,
                "Content",
                "ContentHash",
                NullPersona.KEEP));
        Judge judge = Judge.of(new Table(
                "\"Messages\"", "\"Who\"", "AgentId", "ContentHash", "sha256(convert_to(\"Content\", 'UTF8'))"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, spec).start()) {
            sidecar.awaitIndexed().awaitInStep(judge);
            db.execute("""
                    INSERT INTO "Messages" SELECT 7, i, i % 9, 'n' || i FROM generate_series(1, 60) i;
                    UPDATE "Messages" SET "Who" = 8, "Content" = NULL WHERE "No" % 4 = 0;
                    UPDATE "Messages" SET "Tenant" = 100 + "Tenant" WHERE "No" % 5 = 0;
                    DELETE FROM m1 WHERE "No" % 7 = 0;
                    TRUNCATE m2;
                    """);
            sidecar.awaitInStep(judge);
            assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"Tenant\" > 99"))
                    .isPositive();
            db.execute("TRUNCATE \"Messages\"; INSERT INTO \"Messages\" VALUES (1, 1, 1, 'after')");
            sidecar.awaitInStep(judge);
            assertThat(sidecar.gaps() + sidecar.deadLetters()).isZero();
        }
    }

    /** A schema nobody made for us: an account's branch is its persona. */
    @Test
    void pgbench() throws Exception {
        db.execute("""
                CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88));
                CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84));
                CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
                CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
                INSERT INTO pgbench_branches SELECT i, 0 FROM generate_series(1, 2) i;
                INSERT INTO pgbench_tellers SELECT i, 1 + i % 2, 0 FROM generate_series(1, 20) i;
                INSERT INTO pgbench_accounts SELECT i, 1 + i % 2, 0, '' FROM generate_series(1, 2000) i;
                ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
                ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid);
                ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
                """);
        MappingSpec spec = new MappingSpec(
                new MappingSpec.Personas(new TableName("public", "pgbench_branches"), "bid", null),
                LegacySchema.PASCAL.spec().agents(),
                null,
                List.of(scoped("public", "pgbench_accounts", "bid"), scoped("public", "pgbench_tellers", "bid")));
        Judge judge =
                Judge.of(Table.of("pgbench_accounts", "bid", "AgentId"), Table.of("pgbench_tellers", "bid", "AgentId"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, spec).start()) {
            for (int i = 1; i <= 100; i++) {
                db.execute("UPDATE pgbench_accounts SET abalance = abalance + 7 WHERE aid = " + i
                        + "; UPDATE pgbench_tellers SET tbalance = tbalance + 7 WHERE tid = " + (1 + i % 20)
                        + "; UPDATE pgbench_branches SET bbalance = bbalance + 7 WHERE bid = " + (1 + i % 2)
                        + "; INSERT INTO pgbench_history VALUES (1, 1, " + i + ", 7, now())");
            }
            sidecar.awaitInStep(judge);
            db.execute(
                    "INSERT INTO pgbench_branches VALUES (3, 0); UPDATE pgbench_accounts SET bid = 3 WHERE aid % 10 = 0;"
                            + "DELETE FROM pgbench_accounts WHERE aid % 10 = 1");
            sidecar.awaitInStep(judge);
            assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isEqualTo(3);
            assertThat(sidecar.gaps() + sidecar.deadLetters()).isZero();
        }
    }

    private static MappingSpec.Scoped scoped(String schema, String table, String persona) {
        return new MappingSpec.Scoped(
                new TableName(schema, table), persona, "AgentId", null, null, null, NullPersona.KEEP);
    }

    private static MappingSpec spec(MappingSpec.Scoped... tables) {
        return new MappingSpec(null, LegacySchema.PASCAL.spec().agents(), null, List.of(tables));
    }
}
