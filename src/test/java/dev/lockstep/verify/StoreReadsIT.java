package dev.lockstep.verify;

import static dev.lockstep.testing.VectorWrites.conversation;
import static dev.lockstep.testing.VectorWrites.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.MemoryStore;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.net.URI;
import java.sql.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store outside the database, read by persona as before and by agent as it will be; nothing runs beside. */
class StoreReadsIT {

    private static final String COLLECTION = "memories";

    private final TestDatabase db = TestPostgres.database();
    private final MemoryStore.Server server = new MemoryStore.Server();

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void differencesAreTheStoresOrTheStampsAndOnlyThoseCount(VectorSchema schema) throws Exception {
        db.execute(schema.ddl());
        db.execute(VectorWrites.personas(schema)
                + conversation(schema, "c1", "p1")
                + message(schema, "m1", "p1", "c1", "one")
                + message(schema, "m2", "p1", "c1", "two"));
        LockstepConfig config = TestConfig.of(db, StoreBench.spec(schema, true, OnDelete.MARK));
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, TestConfig.of(db, schema.spec(OnDelete.MARK)), access -> store())) {
            sidecar.untilCaughtUp();
            String agent = db.text("SELECT a." + schema.agents().get(1) + "::text FROM "
                    + schema.agents().get(0) + " a WHERE a." + schema.agents().get(2) + " = " + schema.sql("p1"));
            point(schema, "m1", stamped(schema, agent, "p1"));
            point(schema, "m2", stamped(schema, agent, "p1"));
            ReadReport.Table same = reads(sidecar, config);
            assertThat(same.differing()).isZero();
            assertThat(same.reads()).isPositive();
            assertThat(same.examples()).isEmpty();

            point(schema, "m2", Map.of("PersonaId", schema.id("p1")));
            ReadReport.Table missing = reads(sidecar, config);
            assertThat(missing.differing()).isEqualTo(1);
            assertThat(missing.examples()).containsExactly(new ReadReport.Example(schema.id("m2"), "missing stamp"));

            Map<String, Object> wrong = new HashMap<>(stamped(schema, agent, "p1"));
            wrong.put("AgentId", schema.id("p2"));
            point(schema, "m2", wrong);
            assertThat(reads(sidecar, config).examples())
                    .containsExactly(new ReadReport.Example(schema.id("m2"), "stamped with another agent"));

            point(schema, "m2", stamped(schema, agent, "p2"));
            ReadReport.Table stale = reads(sidecar, config);
            assertThat(stale.differing()).as("the stamp is right").isZero();
            assertThat(stale.examples())
                    .singleElement()
                    .satisfies(example -> assertThat(example.why()).startsWith("in step"));

            Map<String, Object> without = new HashMap<>(stamped(schema, agent, "p1"));
            without.remove("PersonaId");
            point(schema, "m2", without);
            ReadReport.Table none = reads(sidecar, config);
            assertThat(none.differing() + none.examples().size())
                    .as("no old read could find it")
                    .isZero();
        }
    }

    /** It gave no difference, which was taken for none. */
    @Test
    void aStoreThatCannotBeReadByPersonaIsNotTakenForTheSame() throws Exception {
        VectorSchema schema = VectorSchema.SNAKE;
        db.execute(schema.ddl());
        db.execute(VectorWrites.personas(schema));
        LockstepConfig config = TestConfig.of(db, StoreBench.spec(schema, true, OnDelete.MARK));
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, TestConfig.of(db, schema.spec(OnDelete.MARK)), access -> store())) {
            sidecar.untilCaughtUp();
            VerifyReport report = verify(sidecar, config, new Unfiltered(store()));
            assertThat(report.reads().same()).isFalse();
            assertThat(report.clean()).isFalse();
        }
    }

    private static Map<String, Object> stamped(VectorSchema schema, String agent, String persona) {
        return Map.of("AgentId", agent, "ConversationId", schema.id("c1"), "PersonaId", schema.id(persona));
    }

    private void point(VectorSchema schema, String message, Map<String, Object> payload) {
        server.add(COLLECTION, List.of(new Point(schema.id(message), payload)));
    }

    private MemoryStore store() {
        server.add(COLLECTION, List.of());
        return new MemoryStore(server, COLLECTION);
    }

    private ReadReport.Table reads(SidecarHarness sidecar, LockstepConfig config) throws Exception {
        return verify(sidecar, config, store()).reads().tables().stream()
                .filter(table -> table.table().equals(COLLECTION))
                .findFirst()
                .orElseThrow();
    }

    private VerifyReport verify(SidecarHarness sidecar, LockstepConfig config, VectorStore store) throws Exception {
        Mapping mapping;
        try (Connection connection = db.connect()) {
            mapping = MappingResolver.resolve(config.mapping(), new CatalogReader().read(connection, config.mapping()));
        }
        return new Verifier(
                        sidecar.lockstep(),
                        sidecar.name(),
                        mapping,
                        1,
                        access -> store,
                        List.of(new StoreConfig.Qdrant(COLLECTION, URI.create("http://memory"), COLLECTION, "")),
                        Brake.NONE,
                        new StopSignal())
                .reading(10)
                .run(Verifier.Repair.NONE);
    }

    /** Has no index over its fields. */
    private record Unfiltered(VectorStore store) implements VectorStore {

        @Override
        public String check() {
            return store.check();
        }

        @Override
        public Page scroll(Selection which, String cursor, int limit) {
            if (which instanceof Selection.AnyOf) {
                throw new StoreFailure("no index over that field", null);
            }
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
