package dev.lockstep.connect;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.FaultyStore;
import dev.lockstep.testing.MemoryStore;
import dev.lockstep.testing.PointJudge;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import dev.lockstep.vector.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Vectors outside the database, kept by the first of the sink's tasks. */
class SinkStoresIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;
    private static final String COLLECTION = "memories";

    private final TestDatabase db = TestPostgres.database();
    private final MemoryStore.Server server = new MemoryStore.Server();
    private final FaultyStore store = new FaultyStore(new MemoryStore(server, COLLECTION));
    private final List<LockstepSinkTask> tasks = new ArrayList<>();
    private String yaml;
    private SidecarHarness expanded;
    private long offset;

    @BeforeEach
    void expand() throws Exception {
        db.execute(SCHEMA.ddl());
        db.execute(VectorWrites.personas(SCHEMA));
        server.add(COLLECTION, List.of());
        String name = "stores_" + db.config().url().replaceFirst(".*/", "");
        yaml = "name: " + name + "\ndatabase: {url: '" + db.config().url()
                + "', user: postgres, password: postgres, schema: public}\nmapping:\n  vectors:\n"
                + "    - {store: qdrant, url: 'http://memory', collection: memories, link: {by: id}}\n";
        expanded = SidecarHarness.expanded(db, ConfigLoader.parse("test", yaml, Map.of()), access -> store)
                .backfilled();
    }

    @AfterEach
    void stop() {
        tasks.forEach(LockstepSinkTask::stop);
        expanded.close();
    }

    /** Before and after their message, and what another task is told of. */
    @Test
    void theFirstTaskStampsWhatAnyTaskHears() throws Exception {
        LockstepSinkTask first = task(0);
        LockstepSinkTask second = task(1);
        index("m1");
        index("m9");
        first.put(List.of());
        second.put(List.of());
        awaitInStep(first);
        assertThat(points().get(SCHEMA.id("m1"))).containsEntry("Source", "legacy");
        changed(second, "Conversations", "c1", "p2", conversation(SCHEMA, "c1", "p2"));
        changed(second, "Messages", "m1", null, message(SCHEMA, "m1", null, "c1", "one"));
        awaitInStep(first);
        changed(second, "Messages", "m2", "p1", message(SCHEMA, "m2", "p1", "c1", "two"));
        index("m2");
        awaitInStep(first);
        assertThat(points().get(SCHEMA.id("m2"))).containsEntry("ConversationId", SCHEMA.id("c1"));
        assertThat(points().get(SCHEMA.id("m9"))).containsEntry("Source", "legacy");
        assertThat(db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + expanded.name()
                        + "/connect-store-17'"))
                .isOne();
    }

    @Test
    void aStoreThatIsAwayIsNoTroubleOfTheTask() throws Exception {
        LockstepSinkTask task = task(0);
        index("m1");
        store.goAway();
        changed(task, "Messages", "m1", "p1", message(SCHEMA, "m1", "p1", null, "one"));
        Await.until("the keeper has said so", () -> {
            task.put(List.of());
            return db.number("SELECT count(*) FROM " + expanded.name() + ".vector_store WHERE trouble <> ''") == 1;
        });
        assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"))
                .isZero();
        store.comeBack();
        awaitInStep(task);
    }

    @Test
    void anotherTaskGoesOnWhereOneWasStopped() throws Exception {
        LockstepSinkTask before = task(0);
        index("m1");
        changed(before, "Messages", "m1", "p1", message(SCHEMA, "m1", "p1", null, "one"));
        awaitInStep(before);
        before.stop();
        tasks.remove(before);
        index("m2");
        LockstepSinkTask other = task(1);
        changed(other, "Messages", "m2", "p1", message(SCHEMA, "m2", "p1", null, "two"));
        assertThat(wrong()).isNotEmpty();
        LockstepSinkTask after = task(0);
        awaitInStep(after);
        // one that the worker has given up, and that was not asked to stop, does not keep the seat
        LockstepSinkTask third = task(0);
        third.put(List.of());
        index("m3");
        changed(third, "Messages", "m3", "p3", message(SCHEMA, "m3", "p3", null, "three"));
        awaitInStep(third);
    }

    /** Each task told of it once before; what the other one has told since it does not know. */
    @Test
    void aConversationThatWasAtAnotherTaskMeanwhileIsToldOfAgain() throws Exception {
        LockstepSinkTask first = task(0);
        LockstepSinkTask second = task(1);
        index("m1");
        changed(second, "Conversations", "c1", "p1", conversation(SCHEMA, "c1", "p1"));
        changed(second, "Messages", "m1", null, message(SCHEMA, "m1", null, "c1", "one"));
        awaitInStep(first);
        second.close(List.of(new TopicPartition("ls.public.Conversations", 0)));
        move(first, "p2");
        awaitInStep(first);
        long pass = pass();
        move(second, "p1");
        awaitInStep(first);
        assertThat(pass()).as("swept").isEqualTo(pass);
    }

    @Test
    void keepersOfAnotherEpochEndTheirTask() throws Exception {
        LockstepSinkTask task = task(0);
        index("m1");
        changed(task, "Messages", "m1", "p1", message(SCHEMA, "m1", "p1", null, "one"));
        awaitInStep(task);
        db.execute("UPDATE " + expanded.name() + ".fence SET epoch = epoch + 1");
        assertThatThrownBy(() -> Await.until("never", () -> {
                    task.put(List.of());
                    return false;
                }))
                .isInstanceOf(ConnectException.class)
                .isNotInstanceOf(RetriableException.class)
                .hasMessageContaining("taken over");
    }

    /** Hashes and agents would be looked up in vain. */
    @Test
    void nothingIsStampedBeforeTheTablesAreScanned() throws Exception {
        db.execute("UPDATE " + expanded.name() + ".scan SET state = 'running' WHERE table_name = 'Messages'");
        index("m1");
        LockstepSinkTask task = task(0);
        changed(task, "Messages", "m1", "p1", message(SCHEMA, "m1", "p1", null, "one"));
        Await.until("the keeper is there", () -> {
            task.put(List.of());
            return db.number("SELECT count(*) FROM " + expanded.name() + ".vector_store") == 1;
        });
        assertThat(pass()).isZero();
        db.execute("UPDATE " + expanded.name() + ".scan SET state = 'done'");
        awaitInStep(task);
    }

    private LockstepSinkTask task(int number) {
        LockstepSinkTask task = new LockstepSinkTask(access -> store);
        task.initialize(new WorkerContext());
        task.start(Map.of(SinkSettings.CONFIG, yaml, SinkSettings.TASK, Integer.toString(number)));
        tasks.add(task);
        return task;
    }

    private void move(LockstepSinkTask task, String persona) throws Exception {
        changed(
                task,
                "Conversations",
                "c1",
                persona,
                set(SCHEMA.conversations(), 2, SCHEMA.sql(persona), "c1", SCHEMA));
    }

    /** The application writes, and the task hears of it. */
    private void changed(LockstepSinkTask task, String table, String row, String persona, String sql) throws Exception {
        String xid = db.text("WITH x AS (SELECT txid_current() AS x) SELECT x FROM x");
        db.execute(sql);
        Map<String, Object> value = new HashMap<>();
        value.put("Id", SCHEMA.id(row));
        value.put(
                table.equals("Messages") ? "FromPersonaId" : "PersonaId", persona == null ? null : SCHEMA.id(persona));
        value.put("__txId", Long.parseLong(xid));
        task.put(List.of(new SinkRecord("ls.public." + table, 0, null, null, null, value, offset++)));
    }

    private void index(String message) {
        server.add(
                COLLECTION,
                List.of(new Point(SCHEMA.id(message), new HashMap<>(Map.of("PersonaId", SCHEMA.id("p1"))))));
    }

    private void awaitInStep(LockstepSinkTask first) throws Exception {
        Await.until("every point is in step", () -> {
            first.put(List.of());
            return wrong().isEmpty();
        });
    }

    private List<String> wrong() throws Exception {
        return PointJudge.read(db, SCHEMA).wrong(points(), true);
    }

    private Map<String, Map<String, Object>> points() {
        Map<String, Map<String, Object>> points = new HashMap<>();
        server.collections().get(COLLECTION).forEach((id, point) -> points.put(id, point.payload()));
        return points;
    }

    private long pass() throws Exception {
        return db.number("SELECT coalesce(max(pass), 0) FROM " + expanded.name() + ".vector_store");
    }
}
