package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorJudge;
import dev.lockstep.testing.VectorSchema;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors in the database follow their messages: backfilled, streamed in both orders, deleted, moved, tied by hash. */
class VectorsIT {

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void whatWasThereBeforeIsScanned(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        personas(db, schema);
        db.execute(conversation(schema, "c1", "p1")
                + conversation(schema, "c2", "p2")
                + message(schema, "m1", "p1", "c1", "one")
                + message(schema, "m2", null, "c2", "two")
                + message(schema, "m3", "p1", null, "three")
                + vector(schema, "v1", "p1", "m1", "one")
                + vector(schema, "v2", "p1", "m2", "two")
                + vector(schema, "v3", "p1", "m3", "three")
                + vector(schema, "v4", "p1", null, "one")
                + vector(schema, "v5", "p2", "m9", "nine")
                + vector(schema, "v6", null, null, "none"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            sidecar.untilCaughtUp();
            assertInStep(db, schema);
            assertThat(source(db, schema, "v1")).isNull();
            assertThat(source(db, schema, "v4")).isNull();
            assertThat(source(db, schema, "v5")).isEqualTo("legacy");
            assertThat(sidecar.gaps()).isZero();
            String written = written(db, schema);
            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'pending', next_block = 0, end_block = NULL");
            sidecar.untilCaughtUp();
            assertThat(written(db, schema)).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void whatComesIsStreamedInBothOrders(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        personas(db, schema);
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, schema.spec(OnDelete.MARK)).backfilled()) {
            sidecar.start().awaitCaughtUp();
            // the indexer before the message, and after it
            db.execute(vector(schema, "v1", "p1", "m1", "one"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v1")).isEqualTo("legacy");
            db.execute(conversation(schema, "c1", "p2") + message(schema, "m1", null, "c1", "one"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v1")).isNull();
            db.execute(message(schema, "m2", "p1", "c1", "two"));
            db.execute(vector(schema, "v2", "p1", "m2", "two") + vector(schema, "v3", "p1", null, "two"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v3")).isNull();

            // the conversation's persona changes, the message moves, its words change
            db.execute(set(schema.conversations(), 2, schema.sql("p3"), "c1", schema));
            step(db, schema, sidecar);
            db.execute(conversation(schema, "c2", "p1") + set(schema.messages(), 4, schema.sql("c2"), "m2", schema));
            step(db, schema, sidecar);
            db.execute(set(schema.messages(), 5, "'other words'", "m2", schema));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v3")).isEqualTo("legacy");

            // the same words in a second conversation
            db.execute(message(schema, "m3", "p2", "c1", "same") + vector(schema, "v4", "p2", null, "same"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v4")).isNull();
            db.execute(message(schema, "m4", "p2", "c2", "same"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v4")).isEqualTo("legacy");

            // the indexer repeats itself, and embeds other words
            db.execute("UPDATE " + schema.table() + " SET " + schema.legacy().get(3) + " = 'edited' WHERE "
                    + schema.legacy().get(0) + " = " + schema.sql("v1"));
            step(db, schema, sidecar);
            sidecar.assertTheStreamAloneDidIt();
            sidecar.stop();
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void deletedMessagesLeaveOrphans(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        personas(db, schema);
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, schema.spec(OnDelete.MARK)).backfilled()) {
            sidecar.start().awaitCaughtUp();
            db.execute(conversation(schema, "c1", "p1")
                    + conversation(schema, "c2", "p1")
                    + message(schema, "m1", "p1", "c1", "one")
                    + message(schema, "m2", "p1", "c2", "two")
                    + message(schema, "m3", "p1", "c1", "three")
                    + vector(schema, "v1", "p1", "m1", "one")
                    + vector(schema, "v2", "p1", "m2", "two")
                    + vector(schema, "v3", "p1", null, "three"));
            step(db, schema, sidecar);
            db.execute(delete(schema.messages(), "m1", schema));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v1")).isEqualTo("orphan");
            db.execute(delete(schema.conversations(), "c2", schema));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v2")).isEqualTo("orphan");
            db.execute(message(schema, "m1", "p2", "c1", "one"));
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v1")).isNull();

            // tied by its hash alone: found by the sweep, which also a fresh process begins with
            db.execute(delete(schema.messages(), "m3", schema));
            sidecar.awaitCaughtUp();
            sidecar.stop();
            sidecar.untilCaughtUp();
            assertInStep(db, schema);
            assertThat(source(db, schema, "v3")).isEqualTo("legacy");
            sidecar.assertTheStreamAloneDidIt();

            sidecar.start().awaitCaughtUp();
            db.execute("TRUNCATE " + schema.messages().get(0));
            step(db, schema, sidecar);
            sidecar.stop();
        }
    }

    @Test
    void vectorsOfDeletedMessagesAreDeletedWhereThatIsWanted() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        personas(db, schema);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.DELETE))
                        .backfilled();
                Connection holder = db.connect();
                Statement statement = holder.createStatement()) {
            sidecar.start().awaitCaughtUp();
            db.execute(conversation(schema, "c1", "p1")
                    + message(schema, "m1", "p1", "c1", "one")
                    + message(schema, "m2", "p1", "c1", "two")
                    + vector(schema, "v1", "p1", "m1", "one")
                    + vector(schema, "v2", "p1", "m2", "two")
                    + vector(schema, "v3", "p1", "m9", "not there yet"));
            step(db, schema, sidecar);
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM " + schema.table() + " WHERE "
                    + schema.legacy().get(0) + " = " + schema.sql("v2") + " FOR UPDATE");
            db.execute(delete(schema.messages(), "m1", schema) + delete(schema.messages(), "m2", schema));
            Await.until("the vector is gone", () -> vectors(db, schema) == 2);
            holder.rollback();
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v2")).isEqualTo("orphan");
            assertThat(source(db, schema, "v3")).isEqualTo("legacy");
            sidecar.stop();
        }
    }

    private static void step(TestDatabase db, VectorSchema schema, SidecarHarness sidecar) throws Exception {
        sidecar.awaitCaughtUp();
        assertInStep(db, schema);
    }

    private static void assertInStep(TestDatabase db, VectorSchema schema) throws Exception {
        assertThat(VectorJudge.outOfStep(db, schema))
                .as("out of step: %s", VectorJudge.examples(db, schema))
                .isZero();
    }

    private static String source(TestDatabase db, VectorSchema schema, String id) throws Exception {
        return db.text("SELECT " + schema.derived().get(2) + " FROM " + schema.table() + " WHERE "
                + schema.legacy().get(0) + " = " + schema.sql(id));
    }

    private static long vectors(TestDatabase db, VectorSchema schema) throws Exception {
        return db.number("SELECT count(*) FROM " + schema.table());
    }

    private static String written(TestDatabase db, VectorSchema schema) throws Exception {
        return db.text(
                "SELECT string_agg(xmin::text, ',' ORDER BY " + schema.legacy().get(0) + ") FROM " + schema.table());
    }

    private static void personas(TestDatabase db, VectorSchema schema) throws Exception {
        String table = schema == VectorSchema.PASCAL ? "\"Personas\" (\"Id\")" : "app.personas (persona_id)";
        for (String p : List.of("p1", "p2", "p3")) {
            db.execute("INSERT INTO " + table + " VALUES (" + schema.sql(p) + ")");
        }
    }

    private static String conversation(VectorSchema schema, String id, String persona) {
        return insert(
                schema.conversations().get(0),
                schema.conversations().subList(1, 3),
                schema.sql(id),
                schema.sql(persona));
    }

    private static String message(VectorSchema schema, String id, String persona, String conversation, String text) {
        List<String> m = schema.messages();
        return insert(
                m.get(0),
                List.of(m.get(1), m.get(2), m.get(4), m.get(5)),
                schema.sql(id),
                schema.sql(persona),
                schema.sql(conversation),
                "'" + text + "'");
    }

    private static String vector(VectorSchema schema, String id, String persona, String message, String text) {
        return insert(
                schema.table(),
                schema.legacy(),
                schema.sql(id),
                schema.sql(persona),
                schema.sql(message),
                "'" + text + "'");
    }

    private static String set(List<String> table, int column, String value, String id, VectorSchema schema) {
        return "UPDATE " + table.get(0) + " SET " + table.get(column) + " = " + value + " WHERE " + table.get(1) + " = "
                + schema.sql(id) + "; ";
    }

    private static String delete(List<String> table, String id, VectorSchema schema) {
        return "DELETE FROM " + table.get(0) + " WHERE " + table.get(1) + " = " + schema.sql(id) + "; ";
    }

    private static String insert(String table, List<String> columns, String... values) {
        return "INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES (" + String.join(", ", values)
                + "); ";
    }
}
