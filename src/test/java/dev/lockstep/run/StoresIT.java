package dev.lockstep.run;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.delete;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.verify.VerifyReport;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors outside the database follow their messages, and what verify says of them. */
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
            bench.twoMessages();
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
            bench.twoMessages();
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

    /** Not the sweep, which would come ten seconds later. */
    @ParameterizedTest
    @CsvSource({"PASCAL, true", "SNAKE, false"})
    void whatTheStreamSeesIsStampedByTheStream(VectorSchema schema, boolean byId) throws Exception {
        try (StoreBench bench = StoreBench.open(schema, byId, OnDelete.MARK)) {
            bench.twoMessages();
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
            bench.twoMessages();
            bench.sidecar().untilCaughtUp();
            assertThat(bench.verify().clean()).isTrue();
            bench.store().miscount(-1);
            assertThat(bench.verify().indexAgrees()).isFalse();
            assertThat(bench.verify().clean()).isFalse();
        }
    }

    @Test
    void aStoreThatIsNoLongerConfiguredIsForgotten() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            bench.twoMessages();
            bench.db()
                    .execute("INSERT INTO " + bench.sidecar().name()
                            + ".vector_store (store, trouble) VALUES ('old', 'away')");
            bench.sidecar().untilCaughtUp();
            assertThat(bench.state()).hasSize(1);
        }
    }
}
