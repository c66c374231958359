package dev.lockstep.verify;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.MemoryStore;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import dev.lockstep.testing.Writers;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code verify} says of a store, and when it gives up mending it; nothing runs beside. */
class StoreVerifierIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    private final TestDatabase db = TestPostgres.database();
    private final MemoryStore.Server server = new MemoryStore.Server();
    private SidecarHarness sidecar;

    @BeforeEach
    void expand() throws Exception {
        db.execute(SCHEMA.ddl());
        db.execute(VectorWrites.personas(SCHEMA)
                + conversation(SCHEMA, "c1", "p1")
                + message(SCHEMA, "m1", "p1", "c1", "one"));
        sidecar = SidecarHarness.expanded(
                        db, TestConfig.of(db, VectorSchema.PASCAL.spec(OnDelete.MARK)), access -> store())
                .untilCaughtUp();
        server.add("memories", List.of(new Point(SCHEMA.id("m1"), Map.of())));
    }

    @AfterEach
    void close() {
        sidecar.close();
    }

    @Test
    void whatIsOutOfStepIsMended() throws Exception {
        assertThat(verify(store(), false).stores().get(0).missing()).isEqualTo(1);
        VerifyReport mended = verify(store(), true);
        assertThat(mended.clean()).isTrue();
        assertThat(mended.repaired()).isEqualTo(1);
        assertThat(verify(store(), true).repaired()).isZero();
    }

    @Test
    void aStoreThatKeepsNothingIsGivenUp() {
        VectorStore deaf = new Wrapped(store()) {
            @Override
            public void write(List<Edit> edits) {
                // says that it did
            }
        };
        VerifyReport report = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> verify(deaf, true));
        assertThat(report.clean()).isFalse();
        assertThat(report.stores().get(0).missing()).isEqualTo(1);
    }

    /** Indexers go on writing while a store is scrolled through. */
    @Test
    void aStoreThatGrowsHasNoWrongIndex() throws Exception {
        verify(store(), true);
        VectorStore growing = new Wrapped(store()) {
            @Override
            public Page scroll(Selection which, String cursor, int limit) {
                Page page = super.scroll(which, cursor, limit);
                grow();
                return page;
            }

            private void grow() {
                server.add(
                        "memories",
                        List.of(new Point(UUID.randomUUID().toString(), Map.of("Source", "legacy", "n", 1L))));
            }
        };
        assertThat(verify(growing, false).stores().get(0).indexAgrees()).isTrue();
    }

    @Test
    void anIndexThatLostAPointIsTold() throws Exception {
        VectorStore forgetful = new Wrapped(store()) {
            @Override
            public long count(Selection which) {
                return which instanceof Selection.All ? 0 : super.count(which);
            }
        };
        assertThat(verify(forgetful, false).stores().get(0).indexAgrees()).isFalse();
    }

    /** A server set back to an older disk has its points stamped by a future it does not know: nobody may call that clean. */
    @Test
    void aPointStampedByALaterStateIsNotTakenOnTrust() throws Exception {
        verify(store(), true);
        Map<String, Object> payload = new HashMap<>(
                server.collections().get("memories").get(SCHEMA.id("m1")).payload());
        String lsn = String.valueOf(payload.get("LockstepLsn"));
        payload.put("LockstepLsn", lsn.substring(0, lsn.lastIndexOf(':') + 1) + "FFFFFFFF/0");
        payload.put("ConversationId", SCHEMA.id("c9"));
        server.add("memories", List.of(new Point(SCHEMA.id("m1"), payload)));
        assertThat(verify(store(), false).stores().get(0).wrong()).isEqualTo(1);
        assertThat(verify(store(), true).clean()).isFalse();
    }

    /** An indexer is some seconds late: its message is looked for again in a moment, and that is no drift. */
    @Test
    void aPointWhoseMessageIsLookedForAgainIsWaitedFor() throws Exception {
        sidecar.start().awaitCaughtUp();
        String hints = sidecar.name() + ".vector_hint";
        db.execute("INSERT INTO " + hints + " (store, kind, key, tries, due) VALUES ('memories', 'message', "
                + SCHEMA.sql("m1") + ", 2, now() + interval '9 s')");
        CompletableFuture<Void> keeper = Writers.beside(() -> {
            Await.until(
                    "the verification waits",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%vector_hint%key = ANY%'"
                                    + " AND pid <> pg_backend_pid()")
                            > 0);
            server.add("memories", List.of(new Point(SCHEMA.id("m1"), stamp())));
            db.execute("DELETE FROM " + hints);
        });
        VerifyReport report = verify(store(), false);
        assertThat(report.streamWaited()).isTrue();
        assertThat(report.clean()).isTrue();
        keeper.join();
        sidecar.stop();
    }

    private Map<String, Object> stamp() throws Exception {
        return Map.of(
                "AgentId", db.text("SELECT \"FromAgentId\" FROM \"Messages\""), "ConversationId", SCHEMA.id("c1"));
    }

    private MemoryStore store() {
        server.add("memories", List.of());
        return new MemoryStore(server, "memories");
    }

    private VerifyReport verify(VectorStore store, boolean repair) throws Exception {
        LockstepConfig config = TestConfig.of(db, StoreBench.spec(SCHEMA, true, OnDelete.MARK));
        Database database = sidecar.lockstep();
        List<StoreConfig> stores =
                List.of(new StoreConfig.Qdrant("memories", URI.create("http://memory"), "memories", ""));
        Mapping mapping;
        long epoch;
        try (Connection connection = database.open("test")) {
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
            epoch = new Fence(config.name()).read(connection).epoch();
        }
        StopSignal stop = new StopSignal();
        Verifier verifier =
                new Verifier(database, config.name(), mapping, 1, access -> store, stores, Brake.NONE, stop);
        if (!repair) {
            return verifier.run(Verifier.Repair.NONE);
        }
        try (WriteSession session = WriteSession.open(database, config.name(), "repair", 31, epoch)) {
            return verifier.run(new StoreRepair(
                    new RowRepair(session, config.name(), mapping, stop),
                    session,
                    config.name(),
                    mapping,
                    stores,
                    access -> store,
                    epoch,
                    stop));
        }
    }

    private static class Wrapped implements VectorStore {

        private final VectorStore store;

        Wrapped(VectorStore store) {
            this.store = store;
        }

        @Override
        public String check() {
            return store.check();
        }

        @Override
        public Page scroll(Selection which, String cursor, int limit) throws StoreFailure {
            return store.scroll(which, cursor, limit);
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
