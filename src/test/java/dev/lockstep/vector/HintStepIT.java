package dev.lockstep.vector;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreHints.Kind;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.testing.MemoryStore;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of hints, step by step, without a sidecar. */
class HintStepIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    private final TestDatabase db = TestPostgres.database();
    private final MemoryStore.Server server = new MemoryStore.Server();
    private String name = "";
    private WriteSession session;
    private Mapping mapping;
    private Mapping.Store link;

    @AfterEach
    void close() throws Exception {
        session.close();
        db.execute("SELECT pg_drop_replication_slot('" + name + "')");
    }

    /** The agent of a new persona is made a moment after its message was told of. */
    @Test
    void aMessageWhoseAgentIsNotMadeYetIsLookedAtAgain() throws Exception {
        HintStep step = step(true, OnDelete.MARK, new MemoryStore(server, "memories"));
        db.execute(conversation(SCHEMA, "c1", "p1") + message(SCHEMA, "m1", "p1", "c1", "one"));
        point("m1", Map.of());
        hint("m1", false);
        step.run(1);
        assertThat(payload("m1"))
                .containsEntry("ConversationId", SCHEMA.id("c1"))
                .doesNotContainKey("AgentId");
        String agent = agentOf("p1");
        db.execute("UPDATE " + name + ".vector_hint SET due = now()");
        step.run(1);
        assertThat(payload("m1")).containsEntry("AgentId", agent);
        assertThat(db.number("SELECT count(*) FROM " + name + ".vector_hint")).isZero();
    }

    /** A store that pages by offset, as Chroma does, moves up what comes behind a point that is taken away. */
    @Test
    void everyPointOfADeletedMessageGoesWhereverThePagesEnd() throws Exception {
        HintStep step = step(false, OnDelete.DELETE, new PagedByOffset(new MemoryStore(server, "memories")));
        for (int i = 0; i < 2500; i++) {
            server.add(
                    "memories",
                    List.of(new Point(
                            SCHEMA.id("v" + i),
                            Map.of("MessageId", SCHEMA.id("m1"), "ConversationId", SCHEMA.id("c1")))));
        }
        hint("m1", true);
        step.run(1);
        assertThat(server.collections().get("memories").size()).isZero();
    }

    /** Chroma's ids are any text; the ledger's are not. */
    @Test
    void anIdThatTheLedgerCannotHoldStopsNothing() throws Exception {
        HintStep step = step(false, OnDelete.MARK, new MemoryStore(server, "memories"));
        for (String id : List.of(
                "a\u0000b", "x".repeat(10_000) + new Random(1).ints(9000).sum())) {
            server.add("memories", List.of(new Point(id, Map.of("MessageId", SCHEMA.id("m1")))));
        }
        hint("m1", false);
        assertThat(step.run(1)).isEqualTo(1);
        assertThat(server.collections().get("memories").values())
                .allSatisfy(point -> assertThat(point.payload()).containsEntry("Source", "legacy"));
    }

    /** Chroma has no null: a field that is empty names nothing. */
    @Test
    void anEmptyFieldNamesNoMessage() throws Exception {
        HintStep step = step(false, OnDelete.MARK, new MemoryStore(server, "memories"));
        db.execute(conversation(SCHEMA, "c1", "p1") + message(SCHEMA, "m1", "p1", "c1", "one")
                + "UPDATE \"Messages\" SET \"ContentHash\" = encode(sha256(convert_to(\"Content\", 'UTF8')), 'hex')");
        agentOf("p1");
        Map<String, Object> payload = new HashMap<>(Map.of("MessageId", "", "ConversationId", "", "AgentId", ""));
        payload.put("PersonaId", SCHEMA.id("p1"));
        payload.put("ContentHash", StoreBench.hash("one"));
        point("v1", payload);
        hint("m1", false);
        step.run(1);
        assertThat(payload("v1"))
                .containsEntry("ConversationId", SCHEMA.id("c1"))
                .doesNotContainKey("Source");
    }

    /** Between the pieces of a conversation of any size the keeper stops, sweeps, and counts what waits. */
    @Test
    void aLargeConversationIsTakenInPieces() throws Exception {
        HintStep step = step(true, OnDelete.MARK, new MemoryStore(server, "memories"));
        db.execute("INSERT INTO \"Messages\" (\"Id\", \"ConversationId\") SELECT gen_random_uuid(), " + SCHEMA.sql("c1")
                + " FROM generate_series(1, 20500) i");
        hint(Kind.CONVERSATION, "c1", false);
        step.run(1);
        assertThat(waiting("conversation")).isEqualTo(1);
        assertThat(waiting("message")).isEqualTo(20_000);
        step.run(1);
        assertThat(waiting("conversation")).isZero();
        assertThat(waiting("message")).isEqualTo(20_500);
        assertThat(db.number(
                        "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%\"Messages\"%(\"ConversationId\")'"))
                .as("an index to find them by")
                .isEqualTo(1);
    }

    /** The next sweep may be an hour away; what changes until then need not wait for it. */
    @Test
    void hintsAreTakenAgainBeforeTheSweepThatDoesInstead() throws Exception {
        step(true, OnDelete.MARK, new MemoryStore(server, "memories"));
        SweepStep sweep;
        try (PageAhead pages = new PageAhead(new MemoryStore(server, "memories"), "memories")) {
            Ledger ledger = new Ledger(name, "memories");
            Stamper stamper = new Stamper(mapping, link, new MemoryStore(server, "memories"), session);
            sweep = new SweepStep(name, link, session, stamper, pages, ledger, 0);
            while (sweep.run(false)) {
                // to its end
            }
            String store = name + ".vector_store";
            db.execute("UPDATE " + store + " SET hints_overflowed = true");
            sweep.takeHintsAgain();
            assertThat(sweep.run(false)).as("it is not time yet").isFalse();
            hint("m1", false);
            assertThat(waiting("message")).isEqualTo(1);
            assertThat(db.text("SELECT sweeps_wanted - sweeps_served FROM " + store))
                    .isEqualTo("1");
        }
    }

    private long waiting(String kind) throws Exception {
        return db.number("SELECT count(*) FROM " + name + ".vector_hint WHERE kind = '" + kind + "'");
    }

    private HintStep step(boolean byId, OnDelete onDelete, VectorStore store) throws Exception {
        db.execute(SCHEMA.ddl());
        db.execute(VectorWrites.personas(SCHEMA));
        server.add("memories", List.of());
        LockstepConfig config = TestConfig.of(db, StoreBench.spec(SCHEMA, byId, onDelete));
        name = config.name();
        Database database = new Database(config.database(), name);
        new Expander(database, name, config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1)).expand();
        try (Connection connection = db.connect()) {
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
        }
        link = mapping.stores().get(0);
        db.execute("DELETE FROM \"Agents\"");
        session = WriteSession.open(database, name, "test", 20, 0);
        session.begin();
        session.tell(handle -> new StoreSweeps(name).add(handle, link.name()));
        session.commit();
        return new HintStep(
                name,
                mapping,
                link,
                store,
                session,
                new Stamper(mapping, link, store, session),
                new Ledger(name, link.name()));
    }

    private void hint(String message, boolean deleted) throws Exception {
        hint(Kind.MESSAGE, message, deleted);
    }

    private void hint(Kind kind, String symbol, boolean deleted) throws Exception {
        session.begin();
        new StoreHints(name).add(session.connection(), "memories", kind, List.of(SCHEMA.id(symbol)), deleted);
        session.commit();
    }

    private String agentOf(String persona) throws Exception {
        return db.text("INSERT INTO \"Agents\" (\"Id\", \"PersonaId\", \"Name\", \"MemoryRootId\") VALUES"
                + " (gen_random_uuid(), " + SCHEMA.sql(persona) + ", 'a', gen_random_uuid()) RETURNING \"Id\"");
    }

    private void point(String symbol, Map<String, Object> payload) {
        server.add("memories", List.of(new Point(SCHEMA.id(symbol), payload)));
    }

    private Map<String, Object> payload(String symbol) {
        return server.collections().get("memories").get(SCHEMA.id(symbol)).payload();
    }

    /** The cursor is the offset. */
    private record PagedByOffset(MemoryStore store) implements VectorStore {

        @Override
        public String check() {
            return store.check();
        }

        @Override
        public Page scroll(Selection which, String cursor, int limit) {
            List<Point> all =
                    new ArrayList<>(store.scroll(which, null, Integer.MAX_VALUE).points());
            int from = cursor == null ? 0 : Integer.parseInt(cursor);
            List<Point> page = all.subList(Math.min(from, all.size()), Math.min(from + limit, all.size()));
            return new Page(page, page.size() < limit ? null : String.valueOf(from + limit));
        }

        @Override
        public void write(List<Edit> edits) {
            store.write(edits);
        }

        @Override
        public long count(Selection which) {
            return store.count(which);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
