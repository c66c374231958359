package dev.lockstep.sync;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowChange.Op;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the stream tells the stores; none of them listens here. */
class StoreDeskIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    private final TestDatabase db = TestPostgres.database();
    private SidecarHarness sidecar;
    private Synchronizer synchronizer;

    @BeforeEach
    void expand() throws Exception {
        db.execute(SCHEMA.ddl());
        db.execute(VectorWrites.personas(SCHEMA));
        MappingSpec spec = StoreBench.spec(SCHEMA, false, OnDelete.MARK);
        sidecar = SidecarHarness.expanded(db, spec).backfilled();
        db.execute("INSERT INTO " + sidecar.name() + ".vector_store (store) VALUES ('memories')");
        Mapping mapping;
        try (Connection connection = db.connect()) {
            mapping = MappingResolver.resolve(spec, new CatalogReader().read(connection, spec));
        }
        synchronizer = new Synchronizer(
                sidecar.name(),
                mapping,
                new LaneSessions(this::open, 1),
                new AgentCache(),
                sidecar.position(),
                SyncMeter.NONE,
                ChangeLog.NONE,
                new StopSignal());
    }

    @AfterEach
    void close() {
        synchronizer.close();
        sidecar.close();
    }

    /** A keeper that was quicker than the derivation has looked for the hash that the message had before. */
    @Test
    void aMessageIsToldOfAgainWhenItsHashIsThere() throws Exception {
        db.execute(message(SCHEMA, "m1", "p1", "c1", "one"));
        keeperIsQuick("\"Messages\"");
        apply("Messages", Op.INSERT, "m1", "p1");
        assertThat(db.text("SELECT \"ContentHash\" FROM \"Messages\"")).isEqualTo(StoreBench.hash("one"));
        assertThat(hints()).contains("message " + SCHEMA.id("m1"));
    }

    /** The same for a row that a writer held up. */
    @Test
    void aMessageThatWasHeldIsToldOfAgainWhenItsHashIsThere() throws Exception {
        db.execute(message(SCHEMA, "m1", "p1", "c1", "one"));
        try (Connection writer = db.connect()) {
            writer.setAutoCommit(false);
            writer.createStatement().execute("SELECT FROM \"Messages\" FOR UPDATE");
            apply("Messages", Op.INSERT, "m1", "p1");
            assertThat(synchronizer.heldRows()).isEqualTo(1);
            db.execute("DELETE FROM " + sidecar.name() + ".vector_hint");
            writer.rollback();
        }
        Await.until("the row is derived", () -> {
            synchronizer.tick();
            return synchronizer.heldRows() == 0;
        });
        assertThat(hints()).contains("message " + SCHEMA.id("m1"));
    }

    @Test
    void aConversationThatComesAgainAfterATruncateIsToldOf() throws Exception {
        db.execute(conversation(SCHEMA, "c1", "p1"));
        apply("Conversations", Op.INSERT, "c1", "p1");
        assertThat(hints()).contains("conversation " + SCHEMA.id("c1"));
        db.execute("DELETE FROM " + sidecar.name() + ".vector_hint");
        synchronizer.apply(new Batch(
                List.of(change("Conversations", Op.TRUNCATE, new RowKey(List.of()), null)), new Lsn(2), List.of()));
        apply("Conversations", Op.INSERT, "c1", "p1");
        assertThat(hints()).contains("conversation " + SCHEMA.id("c1"));
    }

    /** Deleted and written again: the last word counts. */
    @Test
    void aRowThatCameBackInItsBatchIsNotTakenForDeleted() throws Exception {
        db.execute(message(SCHEMA, "m1", "p1", "c1", "one"));
        RowKey key = RowKey.of(SCHEMA.id("m1"));
        synchronizer.apply(new Batch(
                List.of(change("Messages", Op.DELETE, key, null), change("Messages", Op.INSERT, key, SCHEMA.id("p1"))),
                new Lsn(2),
                List.of()));
        assertThat(db.text("SELECT deleted FROM " + sidecar.name() + ".vector_hint WHERE kind = 'message'"))
                .isEqualTo("f");
    }

    /** Whoever derives a row finds that a keeper has already dealt with all hints. */
    private void keeperIsQuick(String table) throws SQLException {
        db.execute("CREATE FUNCTION quick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM "
                + sidecar.name() + ".vector_hint; RETURN NEW; END $$; CREATE TRIGGER quick BEFORE UPDATE ON "
                + table + " FOR EACH ROW EXECUTE FUNCTION quick()");
    }

    private void apply(String table, Op op, String row, String persona) throws Exception {
        synchronizer.apply(new Batch(
                List.of(change(table, op, RowKey.of(SCHEMA.id(row)), SCHEMA.id(persona))), new Lsn(2), List.of()));
    }

    private static RowChange change(String table, Op op, RowKey key, String persona) {
        return new RowChange(new TableName("public", table), op, key, persona, null, 3, new Lsn(1), Instant.now());
    }

    private List<String> hints() throws SQLException {
        return db.rows("SELECT kind || ' ' || key FROM " + sidecar.name() + ".vector_hint").stream()
                .map(row -> row.get(0))
                .toList();
    }

    private WriteSession open(int lane) throws SQLException {
        return WriteSession.open(sidecar.lockstep(), sidecar.name(), "lane-" + lane, lane, 0);
    }
}
