package dev.lockstep.run;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.delete;
import static dev.lockstep.testing.VectorWrites.message;
import static dev.lockstep.testing.VectorWrites.personas;
import static dev.lockstep.testing.VectorWrites.set;
import static dev.lockstep.testing.VectorWrites.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.expand.UniqueVectors;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorJudge;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.verify.RowRepair;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        db.execute(personas(schema));
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
        db.execute(personas(schema));
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

    /**
     * Found by the demo: the scan tied a vector while its conversation changed hands, and the stream, which looked for the
     * conversation's vectors before the scan had committed, did not find it.
     */
    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void aConversationThatChangesWhileItsVectorIsScannedTakesItAlong(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, schema.spec(OnDelete.MARK)).backfilled()) {
            sidecar.start().awaitCaughtUp();
            db.execute(conversation(schema, "c1", "p1") + message(schema, "m1", null, "c1", "one"));
            step(db, schema, sidecar);
            long epoch = db.number("SELECT max(epoch) FROM " + sidecar.name() + ".fence");
            try (WriteSession scan =
                    WriteSession.open(sidecar.lockstep(), sidecar.name(), "a-scan", Fence.SCAN_SEAT + 1, epoch)) {
                execute(scan, vector(schema, "v1", "p2", "m1", "one")); // not streamed: as if it had been there before
                scan.commit();
                db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'running'");
                String agent = schema.derived().get(0);
                execute(
                        scan,
                        "UPDATE " + schema.table() + " SET " + schema.derived().get(1) + " = " + schema.sql("c1") + ", "
                                + agent + " = (SELECT " + schema.conversations().get(3) + " FROM "
                                + schema.conversations().get(0) + ")");
                db.execute(set(schema.conversations(), 2, schema.sql("p3"), "c1", schema));
                Await.until("it is derived", () -> derived(db, schema) == 1);
                db.execute(conversation(schema, "c2", "p1"));
                Await.until("so is a later batch, after what follows from the first", () -> derived(db, schema) == 2);
                scan.commit();
            }
            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'done'");
            step(db, schema, sidecar);
        }
    }

    /** Conversations whose agent is their persona's. */
    private static long derived(TestDatabase db, VectorSchema schema) throws Exception {
        return db.number("SELECT count(*) FROM " + schema.conversations().get(0) + " c JOIN "
                + schema.agents().get(0) + " a ON a." + schema.agents().get(1) + " = c."
                + schema.conversations().get(3) + " AND a." + schema.agents().get(2) + " = c."
                + schema.conversations().get(2));
    }

    private static void execute(WriteSession session, String sql) throws Exception {
        session.begin();
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(sql);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void deletedMessagesLeaveOrphans(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
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

    /** Of two conversations with the same words one goes, or says something else: the other one is the vector's. */
    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void theLastConversationWithItsWordsIsTheVectors(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, schema.spec(OnDelete.MARK)).backfilled()) {
            db.execute(conversation(schema, "c1", "p1") + conversation(schema, "c2", "p1"));
            for (String n : List.of("1", "2")) {
                db.execute(message(schema, "m" + n, "p1", "c1", "words " + n)
                        + message(schema, "n" + n, "p1", "c2", "words " + n)
                        + vector(schema, "v" + n, "p1", null, "words " + n));
            }
            sidecar.start();
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v1")).isEqualTo("legacy");
            db.execute(delete(schema.messages(), "m1", schema));
            db.execute(set(schema.messages(), 5, "'other words'", "n2", schema));
            Await.until("the sweep", () -> VectorJudge.outOfStep(db, schema) == 0);
            assertThat(source(db, schema, "v1")).isNull();
            assertThat(source(db, schema, "v2")).isNull();
            sidecar.assertTheStreamAloneDidIt();
            sidecar.stop();
        }
    }

    @Test
    void vectorsOfDeletedMessagesAreDeletedWhereThatIsWanted() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
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
            // the held one first: a transaction may come in two batches, and it has to be let alone before the other is
            // gone
            db.execute(delete(schema.messages(), "m2", schema) + delete(schema.messages(), "m1", schema));
            Await.until("the vector is gone", () -> vectors(db, schema) == 2);
            holder.rollback();
            step(db, schema, sidecar);
            assertThat(source(db, schema, "v2")).isEqualTo("orphan");
            assertThat(source(db, schema, "v3")).isEqualTo("legacy");
            sidecar.stop();
        }
    }

    /** An indexer that runs again makes duplicates: they are counted, and refused once the index is there. */
    @Test
    void duplicatesAreCountedAndThenRefused() throws Exception {
        VectorSchema schema = VectorSchema.PASCAL;
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
        db.execute(conversation(schema, "c1", "p1")
                + message(schema, "m1", "p1", "c1", "one")
                + vector(schema, "v1", "p1", "m1", "one")
                + vector(schema, "v2", "p1", null, "nowhere"));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            assertThatThrownBy(() -> unique(sidecar, schema))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining("have not all been backfilled");
            sidecar.untilCaughtUp();
            sidecar.start().awaitCaughtUp();
            db.execute(vector(schema, "v3", "p1", "m1", "one") + vector(schema, "v4", "p1", null, "nowhere"));
            step(db, schema, sidecar);
            VerifyReport report = verify(sidecar);
            assertThat(report.clean()).isTrue();
            assertThat(report.vectors()).containsExactly(new VerifyReport.Vectors("public.MemoryVectors", 2, 0, 2));
            assertThat(unique(sidecar, schema).duplicates()).hasSize(1).containsValue(2L);

            db.execute("DELETE FROM " + schema.table() + " WHERE "
                    + schema.legacy().get(0) + " IN (" + schema.sql("v3") + ", " + schema.sql("v4") + ")");
            assertThat(unique(sidecar, schema).done()).hasSize(1);
            assertThat(unique(sidecar, schema).done()).isEmpty();
            db.execute(vector(schema, "v5", "p1", "m1", "one") + vector(schema, "v6", "p1", null, "elsewhere"));
            sidecar.awaitCaughtUp();
            assertThat(sidecar.deadLetters()).isEqualTo(1);
            assertThat(verify(sidecar).vectors())
                    .containsExactly(new VerifyReport.Vectors("public.MemoryVectors", 2, 0, 0));
            sidecar.stop();
        }
    }

    /** Vectors with a wrong stamp are found to the row, and mended. */
    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void plantedDriftIsFoundAndMended(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(personas(schema));
        StringBuilder sql = new StringBuilder(conversation(schema, "c1", "p1"));
        for (int i = 1; i <= 8; i++) {
            sql.append(message(schema, "m" + i, "p1", "c1", "text " + i))
                    .append(vector(schema, "v" + i, "p1", "m" + i, "text " + i));
        }
        db.execute(sql.toString());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            sidecar.untilCaughtUp();
            List<String> d = schema.derived();
            db.execute(plant(schema, d.get(0) + " = NULL", "v1", "v2")
                    + plant(schema, d.get(1) + " = NULL", "v3")
                    + plant(schema, d.get(2) + " = 'legacy'", "v4")
                    + plant(schema, d.get(3) + " = 'x'", "v5"));
            assertThat(VectorJudge.outOfStep(db, schema)).isEqualTo(5);
            VerifyReport.Table found = verify(sidecar).tables().get(2);
            assertThat(List.of(found.rows(), found.missing(), found.wrong(), found.hashWrong()))
                    .containsExactly(8L, 2L, 2L, 1L);
            assertThat(found.examples()).hasSize(5);
            try (WriteSession session = WriteSession.open(sidecar.lockstep(), sidecar.name(), "repair", 31, 1)) {
                VerifyReport mended = new Verifier(
                                sidecar.lockstep(), sidecar.name(), mapping(sidecar), 2, new StopSignal())
                        .run(new RowRepair(session, sidecar.name(), mapping(sidecar), new StopSignal()));
                assertThat(mended.clean()).isTrue();
                assertThat(mended.repaired()).isEqualTo(5);
            }
            assertInStep(db, schema);
        }
    }

    private static String plant(VectorSchema schema, String assignment, String... ids) {
        String list = Stream.of(ids).map(schema::sql).collect(Collectors.joining(", "));
        return "UPDATE " + schema.table() + " SET " + assignment + " WHERE "
                + schema.legacy().get(0) + " IN (" + list + "); ";
    }

    private static Mapping mapping(SidecarHarness sidecar) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            return MappingResolver.resolve(
                    sidecar.config().mapping(),
                    new CatalogReader().read(connection, sidecar.config().mapping()));
        }
    }

    private static VerifyReport verify(SidecarHarness sidecar) throws Exception {
        return new Verifier(sidecar.lockstep(), sidecar.name(), mapping(sidecar), 2, new StopSignal())
                .run(Verifier.Repair.NONE);
    }

    private static UniqueVectors.Outcome unique(SidecarHarness sidecar, VectorSchema schema) {
        return new UniqueVectors(
                        sidecar.lockstep(),
                        sidecar.name(),
                        schema.spec(OnDelete.MARK),
                        Patience.DEFAULT,
                        Sleeper.real(),
                        new Random(1))
                .build();
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
}
