package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.vector.Point;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A legacy application whose vectors are in a store of this process, and a sidecar that keeps them in step. */
public final class StoreBench implements AutoCloseable {

    private static final String COLLECTION = "memories";

    private final VectorSchema schema;
    private final boolean byId;
    private final TestDatabase db;
    private final MemoryStore.Server server = new MemoryStore.Server();
    private final FaultyStore store = new FaultyStore(new MemoryStore(server, COLLECTION));
    private final SidecarHarness sidecar;

    private StoreBench(VectorSchema schema, boolean byId, TestDatabase db, OnDelete onDelete) {
        this.schema = schema;
        this.byId = byId;
        this.db = db;
        server.add(COLLECTION, List.of());
        LockstepConfig plain = TestConfig.of(db, spec(schema, byId, onDelete));
        LockstepConfig config = new LockstepConfig(
                plain.name(),
                plain.database(),
                plain.mapping(),
                plain.run(),
                plain.backfill(),
                plain.http(),
                plain.monitor(),
                plain.savepoints(),
                plain.cutover(),
                List.of(new StoreConfig.Qdrant(COLLECTION, URI.create("http://memory"), COLLECTION, "")));
        this.sidecar = SidecarHarness.expanded(db, config, access -> store);
    }

    /** @param byId whether points are tied by their id; if not, by a field, or else by hash */
    public static StoreBench open(VectorSchema schema, boolean byId, OnDelete onDelete) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(VectorWrites.personas(schema));
        return new StoreBench(schema, byId, db, onDelete);
    }

    /** The mapping of a schema whose vectors are in one store outside the database. */
    public static MappingSpec spec(VectorSchema schema, boolean byId, OnDelete onDelete) {
        MappingSpec inside = schema.spec(onDelete);
        return new MappingSpec(inside.personas(), inside.agents(), inside.memoryRoots(), inside.tables(), List.of())
                .with(List.of(new MappingSpec.Store(
                        COLLECTION,
                        byId ? MappingSpec.Link.ID : MappingSpec.Link.PAYLOAD,
                        new PointFields(
                                byId ? null : "MessageId",
                                "PersonaId",
                                "AgentId",
                                "ConversationId",
                                "Source",
                                byId ? null : "ContentHash",
                                "LockstepLsn"),
                        schema == VectorSchema.PASCAL
                                ? new TableName("public", "Messages")
                                : new TableName("app", "messages"),
                        schema == VectorSchema.PASCAL
                                ? new TableName("public", "Conversations")
                                : new TableName("app", "conversations"),
                        onDelete)));
    }

    public TestDatabase db() {
        return db;
    }

    public SidecarHarness sidecar() {
        return sidecar;
    }

    /** The store, to be made to fail. */
    public FaultyStore store() {
        return store;
    }

    /** The indexer embeds a message. Symbols stand for ids; a null names nothing. */
    public void index(String point, String persona, String message, String text) {
        Map<String, Object> payload = new HashMap<>();
        put(payload, "PersonaId", persona);
        put(payload, "MessageId", message);
        payload.put("ContentHash", hash(text));
        payload.put("kept", 7L);
        server.add(COLLECTION, List.of(new Point(byId ? schema.id(message) : schema.id(point), payload)));
    }

    private void put(Map<String, Object> payload, String field, String symbol) {
        if (symbol != null) {
            payload.put(field, schema.id(symbol));
        }
    }

    public static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public Map<String, Map<String, Object>> points() {
        Map<String, Map<String, Object>> points = new HashMap<>();
        server.collections().get(COLLECTION).forEach((id, point) -> points.put(id, point.payload()));
        return points;
    }

    /** A value of a point; null when it has none. */
    public Object value(String symbol, String field) {
        return points().get(schema.id(symbol)).get(field);
    }

    /** Returns when every point carries what it has to, by the judge. */
    public void awaitInStep() throws Exception {
        sidecar.awaitCaughtUp();
        try {
            Await.until("every point is in step", () -> wrong().isEmpty());
        } catch (AssertionError e) {
            assertThat(wrong()).as("%s", state()).isEmpty();
            throw e;
        }
    }

    public List<String> wrong() throws Exception {
        return PointJudge.read(db, schema).wrong(points(), byId);
    }

    /** The row of the store in the control schema. */
    public List<List<String>> state() throws Exception {
        return db.rows("SELECT * FROM " + sidecar.name() + ".vector_store");
    }

    public long number(String column) throws Exception {
        return db.number("SELECT " + column + " FROM " + sidecar.name() + ".vector_store");
    }

    @Override
    public void close() {
        sidecar.close();
    }
}
