package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.monitor.StatusReader;
import dev.lockstep.monitor.StatusReport;
import dev.lockstep.vector.Point;
import dev.lockstep.verify.RowRepair;
import dev.lockstep.verify.StoreRepair;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    /** Two messages, each in a conversation of its own, and their points. */
    public void twoMessages() throws SQLException {
        db.execute(VectorWrites.conversation(schema, "c1", "p1")
                + VectorWrites.conversation(schema, "c2", "p1")
                + VectorWrites.message(schema, "m1", "p1", "c1", "one")
                + VectorWrites.message(schema, "m2", "p1", "c2", "two"));
        index("v1", "p1", "m1", "one");
        index("v2", "p1", "m2", "two");
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

    /** Somebody changes a point. */
    public void plant(String symbol, Map<String, Object> set, Set<String> unset) {
        Map<String, Object> payload = new HashMap<>(points().get(schema.id(symbol)));
        payload.putAll(set);
        payload.keySet().removeAll(unset);
        server.add(COLLECTION, List.of(new Point(schema.id(symbol), payload)));
    }

    /** What {@code verify} says of the store, but for ages and examples. */
    public VerifyReport.Store verify() throws Exception {
        return verify(Verifier.Repair.NONE);
    }

    /** The same of {@code verify --repair}. */
    public VerifyReport.Store verifyAndRepair() throws Exception {
        long epoch = db.number("SELECT max(epoch) FROM " + sidecar.name() + ".fence");
        try (WriteSession session = WriteSession.open(sidecar.lockstep(), sidecar.name(), "repair", 31, epoch)) {
            return verify(new StoreRepair(
                    new RowRepair(session, sidecar.name(), mapping(), new StopSignal()),
                    session,
                    sidecar.name(),
                    mapping(),
                    sidecar.config().stores(),
                    access -> store,
                    epoch,
                    new StopSignal()));
        }
    }

    private VerifyReport.Store verify(Verifier.Repair repair) throws Exception {
        VerifyReport.Store found = new Verifier(
                        sidecar.lockstep(),
                        sidecar.name(),
                        mapping(),
                        2,
                        access -> store,
                        sidecar.config().stores(),
                        Brake.NONE,
                        new StopSignal())
                .run(repair)
                .stores()
                .get(0);
        return new VerifyReport.Store(
                found.store(),
                found.points(),
                found.missing(),
                found.wrong(),
                found.orphaned(),
                found.legacy(),
                Map.of(),
                found.indexAgrees(),
                List.of(),
                found.trouble());
    }

    private Mapping mapping() throws Exception {
        MappingSpec spec = sidecar.config().mapping();
        try (Connection connection = db.connect()) {
            return MappingResolver.resolve(spec, new CatalogReader().read(connection, spec));
        }
    }

    /** What {@code status} says of the store. */
    public StatusReport.Store status() {
        return StatusReader.once(sidecar.lockstep(), sidecar.config()).stores().get(0);
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
