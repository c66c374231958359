package dev.lockstep.run;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.FaultyStore;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.VectorSchema;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Vectors outside the database end in step whatever becomes of the store, of this process, and of who locks what. */
class StoreFaultsIT {

    /** The database columns go on; what the store has to learn waits, is seen, and is stamped when it is back. */
    @Test
    void aStoreThatIsAwayHoldsUpNothing() throws Exception {
        VectorSchema schema = VectorSchema.SNAKE;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            bench.twoMessages();
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
            bench.twoMessages();
            bench.sidecar().start();
            bench.awaitInStep();
            String name = bench.sidecar().name();
            Await.until("nothing waits", () -> bench.db().number("SELECT count(*) FROM " + name + ".vector_hint") == 0);
            long pass = bench.number("pass");
            bench.store().goAway();
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
            bench.twoMessages();
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
            bench.twoMessages();
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

    /** Whoever locks hints, the rows are derived; the sweep does what could not be told. */
    @Test
    void aLockedHintHoldsUpNoRow() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK);
                Connection holder = bench.db().connect();
                Statement statement = holder.createStatement()) {
            bench.twoMessages();
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
            bench.twoMessages();
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
    void theStatusTellsWhatWaitsAndWhy() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            bench.twoMessages();
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

    /** The others are stamped; it is not counted as stamped, and verify finds it. */
    @Test
    void aRefusedPointIsLeftAndFound() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        try (StoreBench bench = StoreBench.open(schema, true, OnDelete.MARK)) {
            bench.twoMessages();
            bench.store().refuse(Set.of(schema.id("m1")));
            bench.sidecar().untilCaughtUp();
            assertThat(bench.wrong()).hasSize(1);
            assertThat(bench.number("stamped")).isOne();
            assertThat(bench.verify().missing()).isOne();
            bench.store().refuse(Set.of());
            bench.sidecar().untilCaughtUp();
            assertThat(bench.wrong()).isEmpty();
        }
    }
}
