package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Brake;
import dev.lockstep.model.LockstepException;
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
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /**
     * What was seen stands in the evidence, range by range: judged by the server's own sums over all rows, wherever they lie.
     */
    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void theEvidenceHasAHashOfEachRange(LegacySchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        boolean pascal = schema == LegacySchema.PASCAL;
        db.execute(
                pascal
                        ? "INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 20) i;"
                                + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", repeat('m', 3500) || i"
                                + " FROM \"Personas\", generate_series(1, 500) i"
                        : "INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 20) i;"
                                + "INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, repeat('m', 3500) || i"
                                + " FROM app.personas, generate_series(1, 500) i");
        // more than one range's blocks, as content that is not compressed away takes them
        String messages = pascal ? "\"Messages\"" : "app.messages";
        String content = pascal ? "\"Content\"" : "body";
        db.execute("ALTER TABLE " + messages + " ALTER " + content + " SET STORAGE PLAIN; UPDATE " + messages + " SET "
                + content + " = " + content + " || 'x'");
        harness = SidecarHarness.expanded(db, schema.spec()).untilCaughtUp();
        db.execute("VACUUM FULL " + messages);
        String sum = pascal
                ? "SELECT to_hex(bit_xor(uuid_hash_extended(\"Id\", uuid_hash_extended(\"FromAgentId\", 0)"
                        + " # hashtextextended(\"ContentHash\", 1)))) FROM \"Messages\""
                : "SELECT to_hex(bit_xor(hashint8extended(message_id, hashint8extended(from_agent_id, 0)"
                        + " # hash_record_extended(ROW(content_hash), 1)))) FROM app.messages";

        VerifyReport first = verify(harness.config(), harness.lockstep(), false);
        String table = pascal ? "public.Messages" : "app.messages";
        assertThat(table(first, table).hash()).isEqualTo(db.text(sum));
        String ranges =
                "SELECT %s FROM jsonb_to_recordset((SELECT t -> 'ranges' FROM jsonb_array_elements((SELECT report"
                        + " -> 'tables' FROM " + harness.name()
                        + ".evidence WHERE kind = 'verify' ORDER BY id DESC LIMIT 1)) t"
                        + " WHERE t ->> 'table' = '" + table
                        + "')) AS r(\"table\" text, \"from\" bigint, \"to\" bigint, rows bigint, hash text)";
        assertThat(db.number(ranges.formatted("count(*)"))).isGreaterThan(1);
        assertThat(db.number(ranges.formatted("sum(rows)"))).isEqualTo(10_000);
        assertThat(db.text(ranges.formatted("to_hex(bit_xor(('x' || lpad(hash, 16, '0'))::bit(64)::bigint))")))
                .isEqualTo(db.text(sum));
        String upTo = db.text(ranges.formatted("\"to\"") + " ORDER BY \"from\" LIMIT 1");
        assertThat(db.text(ranges.formatted("hash") + " ORDER BY \"from\" LIMIT 1"))
                .isEqualTo(db.text(sum + " WHERE ctid < '(" + upTo + ",0)'"));
        String hashOf = db.text("SELECT t ->> 'hashOf' FROM jsonb_array_elements((SELECT report -> 'tables' FROM "
                + harness.name()
                + ".evidence WHERE kind = 'verify' ORDER BY id DESC LIMIT 1)) t WHERE t ->> 'table' = '"
                + table + "'");
        assertThat(db.text("SELECT " + hashOf + " FROM " + messages + " t")).isEqualTo(db.text(sum));

        // rows that move without a change have the same hash, and one that changes another
        db.execute("UPDATE " + messages + " SET " + content + " = " + content + " WHERE " + content + " LIKE '%7x'");
        db.execute("VACUUM FULL " + messages);
        assertThat(table(verify(harness.config(), harness.lockstep(), false), table)
                        .hash())
                .isEqualTo(table(first, table).hash());
        db.execute("UPDATE " + messages + " SET " + content + " = 'y' WHERE " + content + " LIKE '%m77x' AND "
                + (pascal
                        ? "\"FromPersonaId\" = (SELECT min(\"Id\"::text)::uuid FROM \"Personas\")"
                        : "from_persona_id = 1"));
        harness.untilCaughtUp();
        VerifyReport changed = verify(harness.config(), harness.lockstep(), false);
        assertThat(table(changed, table).hash())
                .isEqualTo(db.text(sum))
                .isNotEqualTo(table(first, table).hash());
    }

    /**
     * Once the blocks are counted, no heap is written anew until all are compared: rows behind the last block would be left
     * out. The rewriting is tried before each range, and makes the table larger.
     */
    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void aTableThatIsToBeRewrittenMeanwhileIsComparedWhole(LegacySchema schema) throws Exception {
        TestDatabase db = withMessages(schema, 5000);
        boolean pascal = schema == LegacySchema.PASCAL;
        String messages = pascal ? "\"Messages\"" : "app.messages";
        db.execute("ALTER TABLE " + messages + " SET (fillfactor = 10)");
        AtomicInteger refused = new AtomicInteger();
        Brake rewriting = worked -> {
            try (Connection session = db.connect();
                    Statement statement = session.createStatement()) {
                statement.execute("SET lock_timeout = '200ms'");
                statement.execute("VACUUM FULL " + messages);
            } catch (SQLException e) {
                assertThat(e.getSQLState()).as("lock_not_available").isEqualTo("55P03");
                refused.incrementAndGet();
            }
        };
        VerifyReport report = verifier(rewriting).run(Verifier.Repair.NONE);
        assertThat(table(report, pascal ? "public.Messages" : "app.messages").rows())
                .isEqualTo(db.number("SELECT count(*) FROM " + messages));
        assertThat(refused.get()).isPositive();
        assertThat(
                        db.number(
                                "SELECT count(*) FROM " + harness.name()
                                        + ".evidence WHERE kind = 'verify' AND pg_snapshot_xmax((report ->> 'snapshot')::pg_snapshot) IS NOT NULL"))
                .isEqualTo(1);
    }

    /**
     * The throttle may stop a verification because of those who wait behind one who waits for its lock: nobody would ever go
     * on.
     */
    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void whoWantsATableForHimselfGoesFirstThoughTheThrottleHoldsTheVerificationUp(LegacySchema schema)
            throws Exception {
        TestDatabase db = withMessages(schema, 1);
        String messages = schema == LegacySchema.PASCAL ? "\"Messages\"" : "app.messages";
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Verifier verifier = verifier(worked -> {
            stopped.countDown();
            goOn.await();
        });
        CompletableFuture<VerifyReport> report = CompletableFuture.supplyAsync(() -> {
            try {
                return verifier.run(Verifier.Repair.NONE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(stopped.await(60, TimeUnit.SECONDS)).isTrue();
        db.execute(
                "BEGIN; SET LOCAL lock_timeout = '20s'; LOCK TABLE " + messages + " IN ACCESS EXCLUSIVE MODE; COMMIT");
        goOn.countDown();
        assertThatThrownBy(report::join)
                .hasCauseInstanceOf(LockstepException.class)
                .hasMessageContaining("gives way to a session that locks " + messages);
        assertThat(db.number("SELECT count(*) FROM " + harness.name() + ".evidence WHERE kind = 'verify'"))
                .as("it is no evidence")
                .isZero();
        assertThat(verify(harness.config(), harness.lockstep(), false).clean()).isTrue();
    }

    /** A partition that came after the mapping was read is not compared: its rows must not pass for rows in step. */
    @Test
    void aPartitionThatCameMeanwhileIsNotPassedOver() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("ALTER TABLE \"Messages\" RENAME TO plain;"
                + "CREATE TABLE \"Messages\" (LIKE plain INCLUDING DEFAULTS, PRIMARY KEY (\"Id\")) PARTITION BY RANGE (\"Id\");"
                + "CREATE TABLE low PARTITION OF \"Messages\" FOR VALUES FROM (MINVALUE) TO ('80000000-0000-0000-0000-000000000000');"
                + "CREATE TABLE gone PARTITION OF \"Messages\" FOR VALUES FROM ('80000000-0000-0000-0000-000000000000')"
                + " TO ('90000000-0000-0000-0000-000000000000');"
                + "INSERT INTO \"Personas\" (\"Name\") VALUES ('p');"
                + "INSERT INTO \"Messages\" (\"Id\", \"FromPersonaId\", \"Content\") SELECT '10000000-0000-0000-0000-000000000000', \"Id\", 'm'"
                + " FROM \"Personas\"");
        harness = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).untilCaughtUp();
        Verifier verifier = verifier(Brake.NONE);
        db.execute("DROP TABLE gone");
        assertThat(verifier.run(Verifier.Repair.NONE).clean())
                .as("one that went has no rows")
                .isTrue();

        db.execute(
                "CREATE TABLE high PARTITION OF \"Messages\" FOR VALUES FROM ('90000000-0000-0000-0000-000000000000') TO (MAXVALUE);"
                        + "INSERT INTO \"Messages\" (\"Id\", \"FromPersonaId\", \"Content\") SELECT 'f0000000-0000-0000-0000-000000000000', \"Id\", 'm'"
                        + " FROM \"Personas\"");
        assertThatThrownBy(() -> verifier.run(Verifier.Repair.NONE))
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("public.Messages got a partition");

        db.execute("DROP TABLE \"Messages\"");
        assertThatThrownBy(() -> verifier.run(Verifier.Repair.NONE))
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("public.Messages is not there any more");
    }

    /** What it began with says nothing of what is in step now: neither that it is clean nor that it is not. */
    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void oneThatStraddlesATurnIsNoEvidence(LegacySchema schema) throws Exception {
        TestDatabase db = withMessages(schema, 1);
        String turn = "UPDATE " + harness.name() + ".fence SET phase = 'CUTOVER'";
        AtomicInteger steps = new AtomicInteger();
        AtomicInteger turnAt = new AtomicInteger();
        Verifier verifier = verifier(worked -> {
                    if (steps.incrementAndGet() == turnAt.get()) {
                        try {
                            db.execute(turn);
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                })
                .reading(1);
        verifier.run(Verifier.Repair.NONE);
        int all = steps.get();
        String evidence = "SELECT count(*) FROM " + harness.name() + ".evidence WHERE kind = 'verify'";
        assertThat(db.number(evidence)).isEqualTo(1);

        for (int at : List.of(all, 1)) { // in its last read, and in its first range
            db.execute("UPDATE " + harness.name() + ".fence SET phase = 'SYNC'");
            steps.set(0);
            turnAt.set(at);
            assertThatThrownBy(() -> verifier.run(Verifier.Repair.NONE))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining("was turned while it was verified");
            assertThat(db.number(evidence)).isEqualTo(1);
        }
        turnAt.set(0);
        assertThat(verifier.run(Verifier.Repair.NONE).clean()).isTrue();
    }

    /** The bytes that are hashed are UTF-8's, judged by the conversion that the server has for that. */
    @ParameterizedTest
    @ValueSource(strings = {"LATIN1", "SQL_ASCII", "UTF8"})
    void contentIsHashedInUtf8WhateverTheServersEncoding(String encoding) throws Exception {
        TestDatabase db = TestPostgres.databaseIn(encoding);
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") VALUES ('p');"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'Stra\u00dfe, caf\u00e9' FROM \"Personas\"");
        harness = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).untilCaughtUp();
        db.execute(
                "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", '\u00fcber' FROM \"Personas\"");
        harness.untilCaughtUp();
        assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"ContentHash\" ="
                        + " encode(sha256(convert_to(\"Content\", 'UTF8')), 'hex') AND length(\"ContentHash\") = 64"))
                .isEqualTo(2);
        assertThat(verify(harness.config(), harness.lockstep(), false).clean()).isTrue();
    }

    private static VerifyReport verify(LockstepConfig config, Database database, boolean repair) throws Exception {
        Mapping mapping = mapping(config, database);
        long epoch;
        try (Connection connection = database.open("test")) {
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

    /** In step. */
    private TestDatabase withMessages(LegacySchema schema, int messages) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute((schema == LegacySchema.PASCAL
                        ? "INSERT INTO \"Personas\" (\"Name\") VALUES ('p');"
                                + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'm' || i"
                                + " FROM \"Personas\""
                        : "INSERT INTO app.personas (display_name) VALUES ('p');"
                                + "INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, 'm' || i"
                                + " FROM app.personas")
                + ", generate_series(1, " + messages + ") i");
        harness = SidecarHarness.expanded(db, schema.spec()).untilCaughtUp();
        return db;
    }

    private Verifier verifier(Brake brake) throws Exception {
        return new Verifier(
                harness.lockstep(),
                harness.config().name(),
                mapping(harness.config(), harness.lockstep()),
                2,
                store -> {
                    throw new IllegalStateException(store.name());
                },
                List.of(),
                brake,
                new StopSignal());
    }

    private static Mapping mapping(LockstepConfig config, Database database) throws Exception {
        try (Connection connection = database.open("test")) {
            return MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
        }
    }

    private static VerifyReport.Table table(VerifyReport report, String name) {
        return report.tables().stream()
                .filter(t -> t.table().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
