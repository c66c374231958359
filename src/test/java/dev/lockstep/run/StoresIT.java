package dev.lockstep.run;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.delete;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.FaultyStore;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors outside the database follow their messages, whatever becomes of the store and of this process. */
class StoresIT {

    @ParameterizedTest
    @CsvSource({"PASCAL, true", "PASCAL, false", "SNAKE, true", "SNAKE, false"})
    void whatWasThereBeforeIsSweptAndThenLeftAlone(VectorSchema schema, boolean byId) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, byId, OnDelete.MARK)) {
            bench.db()
                    .execute(conversation(schema, "c1", "p1")
                            + conversation(schema, "c2", "p2")
                            + message(schema, "m1", "p1", "c1", "one")
                            + message(schema, "m2", null, "c2", "two")
                            + message(schema, "m3", "p1", null, "three"));
            bench.index("v1", "p1", "m1", "one");
            bench.index("v2", "p1", "m2", "two");
            bench.index("v3", "p1", "m3", "three");
            bench.index("v5", "p2", "m9", "nine");
            if (!byId) {
                bench.index("v4", "p1", null, "one");
                bench.index("v6", null, null, "none");
            }
            bench.sidecar().untilCaughtUp();
            assertThat(bench.wrong()).isEmpty();
            assertThat(bench.points())
                    .allSatisfy((id, payload) -> assertThat(payload).containsEntry("kept", 7L));
            assertThat(bench.number("points")).isEqualTo(byId ? 4 : 6);
            assertThat(bench.number("stamped")).isEqualTo(byId ? 4 : 6);
            var before = bench.points();
            bench.sidecar().untilCaughtUp();
            assertThat(bench.points()).isEqualTo(before);
            assertThat(bench.number("stamped")).isEqualTo(byId ? 4 : 6);
            assertThat(bench.number("pass")).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"PASCAL, true", "PASCAL, false", "SNAKE, true", "SNAKE, false"})
    void whatComesIsStampedInBothOrders(VectorSchema schema, boolean byId) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, byId, OnDelete.MARK)) {
            bench.sidecar().backfilled().start();
            bench.index("v1", "p1", "m1", "one");
            bench.awaitInStep();
            bench.db().execute(conversation(schema, "c1", "p2") + message(schema, "m1", null, "c1", "one"));
            bench.awaitInStep();
            bench.db().execute(message(schema, "m2", "p1", "c1", "two"));
            bench.sidecar().awaitCaughtUp();
            bench.index("v2", "p1", "m2", "two");
            bench.awaitInStep();

            // the conversation's persona changes, the message moves, a second message has the same words
            bench.db().execute(set(schema.conversations(), 2, schema.sql("p3"), "c1", schema));
            bench.awaitInStep();
            bench.db()
                    .execute(conversation(schema, "c2", "p1")
                            + set(schema.messages(), 4, schema.sql("c2"), "m2", schema));
            bench.awaitInStep();
            if (!byId) {
                bench.index("v3", "p2", null, "same");
                bench.db().execute(message(schema, "m3", "p2", "c1", "same"));
                bench.awaitInStep();
                assertThat(bench.value("v3", "ConversationId")).hasToString(schema.id("c1"));
                bench.db().execute(message(schema, "m4", "p2", "c2", "same"));
                bench.awaitInStep();
                assertThat(bench.value("v3", "Source")).isEqualTo("legacy");
            }
            // the indexer repeats itself and so takes our stamp away
            bench.index("v1", "p1", "m1", "one");
            bench.awaitInStep();
            bench.sidecar().stop();
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void deletedMessagesLeaveOrphans(VectorSchema schema) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.sidecar().start();
            bench.awaitInStep();
            bench.db().execute(delete(schema.messages(), "m1", schema));
            bench.awaitInStep();
            assertThat(bench.value("m1", "Source")).isEqualTo("orphan");
            bench.db().execute(delete(schema.conversations(), "c2", schema));
            bench.awaitInStep();
            assertThat(bench.value("m2", "Source")).isEqualTo("orphan");
            assertThat(bench.value("m2", "ConversationId")).hasToString(schema.id("c2"));
            bench.db().execute(message(schema, "m1", "p2", "c1", "one"));
            bench.awaitInStep();
            assertThat(bench.value("m1", "Source")).isNull();
            bench.db().execute("TRUNCATE " + schema.messages().get(0));
            bench.awaitInStep();
            assertThat(bench.value("m1", "Source")).isEqualTo("orphan");
            bench.sidecar().stop();
        }
    }

    @Test
    void pointsOfDeletedMessagesAreDeletedWhereThatIsWanted() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.DELETE)) {
            messages(bench, schema);
            bench.index("v9", "p1", "m9", "not there yet");
            bench.sidecar().start();
            bench.awaitInStep();
            bench.db().execute(delete(schema.messages(), "m1", schema));
            Await.until("the point is gone", () -> bench.points().size() == 2);
            assertThat(bench.value("m9", "Source")).isEqualTo("legacy");
            bench.sidecar().stop();
            // a deletion that nobody saw as it happened only marks
            bench.db().execute(delete(schema.messages(), "m2", schema));
            bench.db()
                    .execute("SELECT pg_drop_replication_slot('"
                            + bench.sidecar().name() + "')");
            bench.sidecar().untilCaughtUp();
            assertThat(bench.value("m2", "Source")).isEqualTo("orphan");
        }
    }

    /** The database columns go on; what the store has to learn waits, is seen, and is stamped when it is back. */
    @Test
    void aStoreThatIsAwayHoldsUpNothing() throws Exception {
        VectorSchema schema = VectorSchema.SNAKE;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.sidecar().start();
            bench.awaitInStep();
            bench.store().goAway();
            bench.db()
                    .execute(message(schema, "m3", "p1", "c1", "three")
                            + set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            bench.sidecar().awaitCaughtUp();
            assertThat(bench.db().number("SELECT count(*) FROM app.messages WHERE from_agent_id IS NULL"))
                    .isZero();
            Await.until(
                    "the trouble is written down",
                    () -> !bench.db()
                            .text("SELECT trouble FROM " + bench.sidecar().name() + ".vector_store")
                            .isEmpty());
            assertThat(bench.db()
                            .number("SELECT count(*) FROM " + bench.sidecar().name() + ".vector_hint"))
                    .isPositive();
            bench.index("v3", "p1", "m3", "three");
            bench.store().comeBack();
            bench.awaitInStep();
            Await.until(
                    "the trouble is over",
                    () -> bench.db()
                            .text("SELECT trouble FROM " + bench.sidecar().name() + ".vector_store")
                            .isEmpty());
            bench.sidecar().stop();
        }
    }

    /** With too many hints a sweep does instead; what comes while they are given up is found by it. */
    @Test
    void tooManyHintsBecomeASweep() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.sidecar().start();
            bench.awaitInStep();
            long pass = bench.number("pass");
            bench.store().goAway();
            String name = bench.sidecar().name();
            bench.db()
                    .execute("UPDATE " + name + ".vector_store SET hints_overflowed = true; DELETE FROM " + name
                            + ".vector_hint");
            bench.db().execute(set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            bench.sidecar().awaitCaughtUp();
            assertThat(bench.db()
                            .number("SELECT count(*) FROM " + bench.sidecar().name() + ".vector_hint"))
                    .isZero();
            bench.store().comeBack();
            bench.awaitInStep();
            assertThat(bench.number("pass")).isGreaterThan(pass);
            assertThat(bench.db()
                            .text("SELECT hints_overflowed FROM "
                                    + bench.sidecar().name() + ".vector_store"))
                    .isEqualTo("f");
            bench.sidecar().stop();
        }
    }

    @Test
    void aWriteThatFailsIsRepeatedWhetherItWasDoneOrNot() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, false, OnDelete.MARK)) {
            messages(bench, schema);
            bench.store().failBeforeWrite(1);
            bench.sidecar().start();
            bench.awaitInStep();
            bench.store().failAfterWrite(1);
            bench.db().execute(set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            bench.awaitInStep();
            bench.sidecar().stop();
        }
    }

    /** It passed the fence and then slept: its write cannot be stopped, and is mended. */
    @Test
    void aProcessThatWakesUpLateIsSweptBehind() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.sidecar().backfilled().start();
            bench.awaitInStep();
            FaultyStore.Hold late = bench.store().holdNextWrite();
            bench.db().execute(set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            late.reached().await();
            var successor = bench.sidecar().withBatchRows(100);
            bench.sidecar().killWhile(() -> {});
            bench.db().execute(set(schema.messages(), 4, "NULL", "m1", schema));
            successor.start();
            bench.awaitInStep();
            assertThat(bench.value("m1", "Source")).isEqualTo("legacy");
            late.released().countDown();
            bench.awaitInStep();
            successor.stop();
        }
    }

    /** A sweep goes on where it was killed, then goes round once more in its own epoch. */
    @Test
    void aKilledSweepGoesOnAtItsPage() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            StringBuilder sql = new StringBuilder(conversation(schema, "c1", "p1"));
            for (int i = 0; i < 900; i++) {
                sql.append(message(schema, "m" + i, "p1", "c1", "text " + i));
                bench.index("v" + i, "p1", "m" + i, "text " + i);
            }
            bench.db().execute(sql.toString());
            bench.sidecar().start();
            bench.awaitInStep();
            bench.sidecar().stop();
            bench.db()
                    .execute("UPDATE " + bench.sidecar().name() + ".vector_store SET pass_began_at = now(),"
                            + " pass_cursor = '" + schema.id("m1") + "', pass_points = 500");
            long pass = bench.number("pass");
            bench.sidecar().untilCaughtUp();
            assertThat(bench.number("pass")).isEqualTo(pass + 1);
            assertThat(bench.number("points")).isEqualTo(900);
        }
    }

    private static void messages(StoreBench bench, VectorSchema schema) throws Exception {
        bench.db()
                .execute(conversation(schema, "c1", "p1")
                        + conversation(schema, "c2", "p1")
                        + message(schema, "m1", "p1", "c1", "one")
                        + message(schema, "m2", "p1", "c2", "two"));
        bench.index("v1", "p1", "m1", "one");
        bench.index("v2", "p1", "m2", "two");
    }

    /** Points with a wrong stamp are found to the point, with and without a sidecar, and mended. */
    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void plantedDriftIsFoundAndMended(VectorSchema schema) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            StringBuilder sql = new StringBuilder(conversation(schema, "c1", "p1"));
            for (int i = 1; i <= 8; i++) {
                sql.append(message(schema, "m" + i, "p1", "c1", "text " + i));
                bench.index("v" + i, "p1", "m" + i, "text " + i);
            }
            bench.index("v9", "p1", "m9", "nobody said it");
            bench.db().execute(sql.toString());
            bench.sidecar().untilCaughtUp();
            assertThat(bench.verify()).isEqualTo(store(9, 0, 0, 0, 1));

            bench.plant("m1", Map.of(), Set.of("AgentId"));
            bench.plant("m2", Map.of(), Set.of("ConversationId"));
            bench.plant("m3", Map.of("AgentId", schema.id("a2")), Set.of());
            bench.plant("m4", Map.of("Source", "legacy"), Set.of());
            assertThat(bench.wrong()).hasSize(4);
            assertThat(bench.verify()).isEqualTo(store(9, 2, 2, 0, 2));
            assertThat(bench.verifyAndRepair()).isEqualTo(store(9, 0, 0, 0, 1));
            assertThat(bench.wrong()).isEmpty();

            // beside a sidecar, it is the sidecar that mends
            bench.sidecar().start();
            bench.awaitInStep();
            bench.plant("m5", Map.of("ConversationId", schema.id("c9")), Set.of());
            assertThat(bench.verifyAndRepair()).isEqualTo(store(9, 0, 0, 0, 1));
            assertThat(bench.wrong()).isEmpty();

            bench.store().goAway();
            VerifyReport.Store away = bench.verify();
            assertThat(away.clean()).isFalse();
            assertThat(away.trouble()).contains("away");
            bench.sidecar().stop();
        }
    }

    private static VerifyReport.Store store(long points, long missing, long wrong, long orphaned, long legacy) {
        return new VerifyReport.Store(
                "memories", points, missing, wrong, orphaned, legacy, Map.of(), true, List.of(), "");
    }

    @Test
    void theStatusTellsWhatWaitsAndWhy() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.index("v9", "p1", "m9", "nobody said it");
            bench.sidecar().untilCaughtUp();
            StatusReport.Store fine = bench.status();
            assertThat(List.of(fine.points(), fine.stamped(), fine.legacy(), fine.waiting(), fine.orphaned()))
                    .containsExactly(3L, 3L, 1L, 0L, 0L);
            assertThat(fine.trouble()).isEmpty();
            bench.store().goAway();
            bench.sidecar().start();
            bench.db().execute(set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            bench.sidecar().awaitCaughtUp();
            Await.until("the trouble is told", () -> !bench.status().trouble().isEmpty());
            assertThat(bench.status().waiting()).isPositive();
            assertThat(bench.status().waitingSeconds()).isNotNull();
            bench.sidecar().stop();
        }
    }

    /** Not the sweep, which would come ten seconds later. */
    @ParameterizedTest
    @CsvSource({"PASCAL, true", "SNAKE, false"})
    void whatTheStreamSeesIsStampedByTheStream(VectorSchema schema, boolean byId) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, byId, OnDelete.MARK)) {
            messages(bench, schema);
            bench.index("v3", "p1", "m3", "three");
            bench.sidecar().start();
            bench.awaitInStep();
            long before = bench.number("pass");
            Await.until(
                    "the next sweep",
                    () -> bench.number("pass") > before && bench.status().sweepPoints() == 0);
            long pass = bench.number("pass");
            bench.db()
                    .execute(message(schema, "m3", "p1", "c1", "three")
                            + set(schema.messages(), 4, schema.sql("c2"), "m1", schema)
                            + set(schema.conversations(), 2, schema.sql("p2"), "c2", schema)
                            + delete(schema.messages(), "m2", schema));
            bench.awaitInStep();
            bench.db().execute(set(schema.messages(), 2, "NULL", "m1", schema));
            bench.awaitInStep();
            assertThat(bench.number("pass")).isEqualTo(pass);
            bench.sidecar().stop();
        }
    }

    /** Its own index has lost a point, as Qdrant's once did. */
    @Test
    void aStoreWhoseCountsDifferIsNotClean() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.sidecar().untilCaughtUp();
            assertThat(bench.verify().clean()).isTrue();
            bench.store().miscount(-1);
            assertThat(bench.verify().indexAgrees()).isFalse();
            assertThat(bench.verify().clean()).isFalse();
        }
    }

    /** Whoever locks hints, the rows are derived; the sweep does what could not be told. */
    @Test
    void aLockedHintHoldsUpNoRow() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK);
                Connection holder = bench.db().connect();
                Statement statement = holder.createStatement()) {
            messages(bench, schema);
            bench.sidecar().start();
            bench.awaitInStep();
            bench.store().goAway();
            bench.db().execute(set(schema.messages(), 4, schema.sql("c2"), "m1", schema));
            String hints = bench.sidecar().name() + ".vector_hint";
            Await.until(
                    "it is told",
                    () -> bench.db().number("SELECT count(*) FROM " + hints + " WHERE kind = 'message'") > 0);
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM " + hints + " FOR UPDATE");
            bench.db()
                    .execute(set(schema.messages(), 4, schema.sql("c1"), "m1", schema)
                            + message(schema, "m3", "p2", "c2", "three"));
            bench.sidecar().awaitCaughtUp();
            assertThat(bench.db().number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"))
                    .isZero();
            bench.store().comeBack();
            holder.rollback();
            bench.awaitInStep();
            bench.sidecar().stop();
        }
    }

    /** A fault of an adapter is told and tried again; the rows go on. */
    @Test
    void aFaultOfAnAdapterEndsNothing() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.store().breakNextWrite();
            bench.sidecar().start();
            bench.awaitInStep();
            assertThat(bench.sidecar().running()).isTrue();
            assertThat(bench.db()
                            .number("SELECT max(epoch) FROM " + bench.sidecar().name() + ".fence"))
                    .as("the same tenure")
                    .isOne();
            bench.sidecar().stop();
        }
    }

    @Test
    void aStoreThatIsNoLongerConfiguredIsForgotten() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            messages(bench, schema);
            bench.db()
                    .execute("INSERT INTO " + bench.sidecar().name()
                            + ".vector_store (store, trouble) VALUES ('old', 'away')");
            bench.sidecar().untilCaughtUp();
            assertThat(bench.state()).hasSize(1);
        }
    }
}
