package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.model.VectorMeaning.Stamp;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorCase;
import dev.lockstep.testing.VectorRows;
import dev.lockstep.testing.VectorSchema;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Sweeps a store once for each case of the table of meanings, on a real server. */
final class StoreMeaning {

    static final PointFields FIELDS = new PointFields(
            "MessageId", "PersonaId", "AgentId", "ConversationId", "Source", "ContentHash", "LockstepLsn");

    private static final Object KEPT = "the application's own";

    private final VectorSchema schema;
    private final StoreFixture fixture;
    private final TestDatabase db;
    private final String name;

    private StoreMeaning(VectorSchema schema, StoreFixture fixture, TestDatabase db, String name) {
        this.schema = schema;
        this.fixture = fixture;
        this.db = db;
        this.name = name;
    }

    /** @param text a field of the store that is nobody's */
    static void check(StoreFixture fixture, VectorSchema schema, String text) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        var config = TestConfig.of(db, schema.spec(OnDelete.MARK));
        Database database = new Database(config.database(), config.name());
        new Expander(database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1))
                .expand();
        try (WriteSession session = WriteSession.open(database, config.name(), "test", 20, 0)) {
            StoreMeaning meaning = new StoreMeaning(schema, fixture, db, config.name());
            for (VectorCase row : VectorCase.ALL) {
                for (MappingSpec.Link link : MappingSpec.Link.values()) {
                    if (row.names() == null ? link != MappingSpec.Link.ID : link != MappingSpec.Link.HASH) {
                        meaning.check(session, row, link, text);
                    }
                }
            }
        } finally {
            Await.until( // the server ends a session after its client has
                    "our session is gone, and its origin free",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, '"
                                    + config.name() + "/')")
                            == 0);
            db.execute("SELECT pg_drop_replication_slot('" + config.name() + "');"
                    + " SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = '"
                    + config.name() + "_20'");
        }
    }

    private void check(WriteSession session, VectorCase row, MappingSpec.Link link, String text) throws Exception {
        db.execute(VectorRows.of(schema, row));
        String id = link == MappingSpec.Link.ID ? schema.id(row.names()) : schema.id("v1");
        Map<String, Object> payload = payload(row, link);
        payload.put(text, KEPT);
        try (VectorStore store = fixture.open()) {
            store.write(List.of(new Edit.Removal(id)));
            fixture.add(List.of(new Point(id, payload)));
            Mapping mapping = mapping(row, link);
            sweep(session, mapping);
            Point point = only(store, id);
            String as = schema + ", " + link + ": " + row;
            assertThat(stamp(point)).as(as).isEqualTo(symbols(row.want()));
            assertThat(point.payload()).as(as).containsEntry(text, KEPT);
            for (String field : List.of("PersonaId", "MessageId", "ContentHash")) {
                assertThat(point.payload().get(field)).as(as).isEqualTo(payload.get(field));
            }
            if (row.now().equals(row.want())) {
                Map<String, Object> now = new HashMap<>(point.payload());
                now.keySet().removeAll(fixture.ownFields());
                assertThat(now).as(as + ", not written").isEqualTo(payload);
            }
            sweep(session, mapping);
            assertThat(only(store, id)).as(as + ", again").isEqualTo(point);
        }
    }

    private void sweep(WriteSession session, Mapping mapping) throws Exception {
        db.execute("UPDATE " + name + ".vector_store SET sweeps_wanted = sweeps_wanted + 1");
        StoreSweeper.sweep(name, mapping, mapping.stores().get(0), fixture::open, session, 0, new StopSignal());
    }

    private Point only(VectorStore store, String id) {
        List<Point> found = store.scroll(new Selection.Ids(Set.of(id)), null, 5).points();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private Mapping mapping(VectorCase row, MappingSpec.Link link) throws Exception {
        MappingSpec plain = schema.spec(OnDelete.MARK);
        MappingSpec.Vectors inside = plain.vectors().get(0);
        MappingSpec spec = new MappingSpec(
                        plain.personas(), plain.agents(), plain.memoryRoots(), plain.tables(), List.of())
                .with(List.of(new MappingSpec.Store(
                        "memories",
                        link,
                        fields(link),
                        inside.of() == null ? new TableName("public", "Messages") : inside.of(),
                        inside.conversations(),
                        row.onDelete())));
        try (Connection connection = db.connect()) {
            return MappingResolver.resolve(spec, new CatalogReader().read(connection, spec));
        }
    }

    private static PointFields fields(MappingSpec.Link link) {
        return new PointFields(
                link == MappingSpec.Link.PAYLOAD ? FIELDS.message() : null,
                FIELDS.persona(),
                FIELDS.agent(),
                FIELDS.conversation(),
                FIELDS.source(),
                link == MappingSpec.Link.ID ? null : FIELDS.contentHash(),
                FIELDS.lsn());
    }

    private Map<String, Object> payload(VectorCase row, MappingSpec.Link link) throws Exception {
        Map<String, Object> payload = new HashMap<>();
        put(payload, "PersonaId", row.persona());
        put(payload, "AgentId", row.now().agent());
        put(payload, "ConversationId", row.now().conversation());
        if (link == MappingSpec.Link.PAYLOAD) {
            put(payload, "MessageId", row.names());
        }
        if (row.now().source() != null) {
            payload.put("Source", row.now().source());
        }
        payload.put(
                "ContentHash",
                HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(VectorRows.SAME.getBytes(StandardCharsets.UTF_8))));
        return payload;
    }

    private void put(Map<String, Object> payload, String field, String symbol) {
        if (symbol != null) {
            payload.put(field, schema.id(symbol));
        }
    }

    private static Stamp stamp(Point point) {
        return new Stamp(point.text("AgentId"), point.text("ConversationId"), point.text("Source"));
    }

    private Stamp symbols(Stamp stamp) {
        return new Stamp(id(stamp.agent()), id(stamp.conversation()), stamp.source());
    }

    private String id(String symbol) {
        return symbol == null ? null : schema.id(symbol);
    }
}
