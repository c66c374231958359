package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.Recall;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Pgvector;
import dev.lockstep.testing.RecallRows;
import dev.lockstep.testing.RecallRows.Row;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code recall} in the database against {@link Recall} over a plain list, and what {@code expand} does about it. */
class RecallIT {

    private static final String PGVECTOR = "ext.vector(8)";

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void newestFirstAsThePlanSays(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            RecallRows rows = fill(db, schema, "{}");

            compare(db, sidecar.name(), rows, "NULL", rows.newestFirst());
            // a plain array has no distance, and without a column the query is text: neither changes anything
            compare(db, sidecar.name(), rows, schema == VectorSchema.PASCAL ? "'{1,2}'" : "'x'", rows.newestFirst());
        }
    }

    @Test
    void nearestFirstAsThePlanSays() throws Exception {
        try (Pgvector server = pgvector()) {
            TestDatabase db = server.database();
            db.execute(VectorSchema.PASCAL.ddl());
            String name = expand(db, VectorSchema.PASCAL.spec(OnDelete.MARK));
            db.execute("ALTER TABLE \"MemoryVectors\" ALTER \"Embedding\" TYPE " + PGVECTOR);
            assertThat(expander(db, VectorSchema.PASCAL.spec(OnDelete.MARK)).expand())
                    .containsExactly("Replace function " + name + ".recall over public.MemoryVectors");
            RecallRows rows = fill(db, VectorSchema.PASCAL, "[]");
            RecallRows embedded = new RecallRows(
                    rows.schema(),
                    rows.rows().stream().filter(row -> row.embedding() != null).toList());
            Random random = new Random(8);
            for (int i = 0; i < 5; i++) {
                List<Float> query = RecallRows.embedding(random);
                compare(
                        db,
                        name,
                        embedded,
                        RecallRows.literal(query, "[]"),
                        Comparator.comparingDouble(row -> RecallRows.cosineDistance(row.embedding(), query)));
            }
            compare(db, name, rows, "NULL", rows.newestFirst());
        }
    }

    /** What grows is read by its indexes, whichever tier it is. */
    @Test
    void indexesServeEveryTier() throws Exception {
        TestDatabase db = TestPostgres.database();
        VectorSchema schema = VectorSchema.PASCAL;
        db.execute(schema.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            db.execute("CREATE INDEX agent ON " + schema.table() + " (\"AgentId\");"
                    + " CREATE INDEX conversation ON " + schema.table() + " (\"ConversationId\");"
                    + " CREATE INDEX persona ON " + schema.table() + " (\"PersonaId\");"
                    + " ALTER TABLE " + schema.table() + " DISABLE TRIGGER ALL;"
                    + " INSERT INTO " + schema.table() + " (\"PersonaId\", \"AgentId\", \"ConversationId\")"
                    + " SELECT md5('p' || i % 500)::uuid, md5('a' || i % 500)::uuid, md5('c' || i % 2000)::uuid"
                    + " FROM generate_series(1, 20000) i; ANALYZE " + schema.table());
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                for (int i = 0; i < 20; i++) { // beyond the custom plans, to a generic one
                    statement.execute("SELECT * FROM " + sidecar.name() + ".recall(md5('c" + i + "')::uuid, md5('a" + i
                            + "')::uuid, NULL, 1000, md5('p" + i + "')::uuid)");
                }
                try (var row = statement.executeQuery(
                        "SELECT pg_stat_get_xact_numscans('"
                                + schema.table() + "'::regclass), pg_stat_get_xact_numscans('conversation'::regclass),"
                                + " pg_stat_get_xact_numscans('agent'::regclass), pg_stat_get_xact_numscans('persona'::regclass)")) {
                    row.next();
                    assertThat(List.of(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)))
                            .containsExactly(0L, 20L, 20L, 20L);
                }
            }
        }
    }

    /** Of an agent with one vector in fifty, an index scan that stops at the nearest forty finds next to nothing. */
    @Test
    void anHnswIndexServesTheDistanceAndFindsEnough() throws Exception {
        try (Pgvector server = pgvector()) {
            TestDatabase db = server.database();
            db.execute(VectorSchema.PASCAL.ddl().replace("real[]", PGVECTOR));
            String name = expand(db, VectorSchema.PASCAL.spec(OnDelete.MARK));
            db.execute("ALTER TABLE \"MemoryVectors\" DISABLE TRIGGER ALL;"
                    + " INSERT INTO \"MemoryVectors\" (\"AgentId\", \"Embedding\")"
                    + " SELECT md5('a' || i % 50)::uuid,"
                    + " (SELECT array_agg(random()) FROM generate_series(1, 8) WHERE i > 0)::ext.vector"
                    + " FROM generate_series(1, 10000) i;"
                    + " CREATE INDEX near ON \"MemoryVectors\" USING hnsw (\"Embedding\" ext.vector_cosine_ops);"
                    + " ANALYZE \"MemoryVectors\"");
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("SET LOCAL enable_seqscan = off");
                try (var row = statement.executeQuery(
                        "SELECT count(*) FROM " + name + ".recall(NULL, md5('a7')::uuid, '[1,2,3,4,5,6,7,8]', 20)")) {
                    row.next();
                    assertThat(row.getInt(1)).isEqualTo(20);
                }
                try (var row = statement.executeQuery("SELECT pg_stat_get_xact_numscans('near'::regclass)")) {
                    row.next();
                    assertThat(row.getLong(1)).isPositive();
                }
            }
        }
    }

    @Test
    void aColumnMoreIsAnsweredInTheSameSession() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(VectorSchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, VectorSchema.PASCAL.spec(OnDelete.MARK));
                Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            fill(db, VectorSchema.PASCAL, "{}");
            String call =
                    "SELECT * FROM " + sidecar.name() + ".recall(NULL, " + VectorSchema.PASCAL.sql("a1") + ", NULL)";
            int before = columns(statement, call);
            db.execute(
                    "ALTER TABLE \"MemoryVectors\" ADD \"Weight\" int; ALTER TABLE \"MemoryVectors\" DROP \"Embedding\";"
                            + " ALTER TABLE \"MemoryVectors\" ADD \"Kind\" text");

            assertThat(columns(statement, call)).isEqualTo(before + 1);
        }
    }

    @Test
    void aServiceNeedsUsageOfTheSchemaAndItsOwnRightsToTheTable() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(VectorSchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, VectorSchema.PASCAL.spec(OnDelete.MARK));
                Connection connection = db.connect();
                Statement service = connection.createStatement()) {
            fill(db, VectorSchema.PASCAL, "{}");
            String role = "service_of_" + sidecar.name();
            String call =
                    "SELECT * FROM " + sidecar.name() + ".recall(NULL, " + VectorSchema.PASCAL.sql("a1") + ", NULL)";
            db.execute("CREATE ROLE " + role);
            service.execute("SET ROLE " + role);
            service.execute("SET search_path = ''");
            assertThatThrownBy(() -> columns(service, call)).hasMessageContaining("permission denied for schema");
            db.execute("GRANT USAGE ON SCHEMA " + sidecar.name() + " TO " + role);
            assertThatThrownBy(() -> columns(service, call)).hasMessageContaining("permission denied for table");
            db.execute("GRANT SELECT ON \"MemoryVectors\" TO " + role);
            assertThat(columns(service, call)).isPositive();
            db.execute("DROP OWNED BY " + role);
            service.execute("RESET ROLE");
            db.execute("DROP ROLE " + role);
        }
    }

    @Test
    void expandMakesItOnceAndAgainWhenTheMappingChanges() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(VectorSchema.PASCAL.ddl());
        String name = expand(db, VectorSchema.PASCAL.recalling(null, null));
        try {
            Expander again = expander(db, VectorSchema.PASCAL.recalling(null, null));
            assertThat(again.plan()).isEmpty();
            assertThat(again.expand()).isEmpty();
            String replace = "Replace function " + name + ".recall over public.MemoryVectors";
            String granted = "SELECT has_function_privilege('pg_monitor', oid, 'EXECUTE') FROM pg_proc"
                    + " WHERE proname = 'recall'";
            db.execute("REVOKE EXECUTE ON FUNCTION " + name + ".recall FROM PUBLIC");

            // another order: replaced in place
            assertThat(expander(db, VectorSchema.PASCAL.recalling(null, "IndexedAt"))
                            .expand())
                    .containsExactly(replace);
            assertThat(db.text(granted)).isEqualTo("f");

            // another type: made anew, and there is one only
            assertThat(expander(db, VectorSchema.PASCAL.recalling("Embedding", "IndexedAt"))
                            .expand())
                    .containsExactly(replace);
            assertThat(db.text("SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE proname = 'recall'"))
                    .isEqualTo(name + ".recall(uuid,uuid,real[],integer,uuid)");

            // somebody's hand: as it was
            db.execute("CREATE OR REPLACE FUNCTION " + name + ".recall(conversation uuid, agent uuid, query real[],"
                    + " k int DEFAULT 10, persona uuid DEFAULT NULL) RETURNS SETOF \"MemoryVectors\" LANGUAGE sql"
                    + " AS 'TABLE \"MemoryVectors\"'");
            Expander last = expander(db, VectorSchema.PASCAL.recalling("Embedding", "IndexedAt"));
            assertThat(last.expand()).containsExactly(replace);
            assertThat(last.plan()).isEmpty();
        } finally {
            db.execute("SELECT pg_drop_replication_slot('" + name + "')");
        }
    }

    @Test
    void severalTablesHaveAFunctionEach() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(VectorSchema.PASCAL.ddl() + "CREATE TABLE \"Notes\" (LIKE \"MemoryVectors\" INCLUDING ALL)");
        MappingSpec one = VectorSchema.PASCAL.spec(OnDelete.MARK);
        MappingSpec.Vectors first = one.vectors().get(0);
        MappingSpec.Vectors second = new MappingSpec.Vectors(
                new TableName("public", "Notes"),
                first.persona(),
                first.message(),
                first.agent(),
                first.conversation(),
                first.source(),
                null,
                null,
                null,
                null,
                first.onDelete(),
                null,
                null);
        MappingSpec two =
                new MappingSpec(one.personas(), one.agents(), one.memoryRoots(), one.tables(), List.of(first, second));
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, two)) {
            String sql = "SELECT pg_typeof(r)::text FROM " + sidecar.name() + ".%s(NULL, gen_random_uuid(), NULL) r"
                    + " UNION ALL SELECT prorettype::regtype::text FROM pg_proc WHERE proname = '%s'";
            assertThat(db.text(sql.formatted("recall", "recall"))).isEqualTo("\"MemoryVectors\"");
            assertThat(db.text(sql.formatted("\"recall_MemoryVectors\"", "recall_MemoryVectors")))
                    .isEqualTo("\"MemoryVectors\"");
            assertThat(db.text(sql.formatted("\"recall_Notes\"", "recall_Notes")))
                    .isEqualTo("\"Notes\"");
            assertThat(expander(db, two).plan()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void aLimitBelowOneIsRefused(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec(OnDelete.MARK))) {
            for (String k : List.of("0", "-1", "NULL")) {
                assertThatThrownBy(() ->
                                db.execute("SELECT * FROM " + sidecar.name() + ".recall(NULL, NULL, NULL, " + k + ")"))
                        .hasMessageContaining("k has to be at least 1");
            }
        }
    }

    /** Every combination of what may be null, with limits from one to more than there is. */
    private static void compare(TestDatabase db, String name, RecallRows rows, String query, Comparator<Row> order)
            throws SQLException {
        VectorSchema schema = rows.schema();
        for (String conversation : Arrays.asList(null, "c1", "c9")) {
            for (String agent : Arrays.asList(null, "a1", "a2")) {
                for (String persona : Arrays.asList(null, "p1", "p3")) {
                    for (int k : List.of(1, 5, 30, 1000)) {
                        List<String> wanted = new Recall<>(conversation, agent, persona, k)
                                .hits((step, limit) -> rows.search(step, limit, order), Row::id).stream()
                                        .map(Row::id)
                                        .toList();
                        String call = name + ".recall(" + schema.sql(conversation) + ", " + schema.sql(agent) + ", "
                                + query + ", " + k + ", persona => " + schema.sql(persona) + ")";

                        assertThat(ids(db, schema, call)).as(call).isEqualTo(wanted);
                    }
                }
            }
        }
    }

    private static List<String> ids(TestDatabase db, VectorSchema schema, String call) throws SQLException {
        return db.rows("SELECT " + schema.legacy().get(0) + "::text FROM " + call).stream()
                .map(row -> row.get(0))
                .toList();
    }

    private static RecallRows fill(TestDatabase db, VectorSchema schema, String brackets) throws SQLException {
        List<String> a = schema.agents();
        for (String n : List.of("1", "2", "3")) {
            db.execute("INSERT INTO " + a.get(0) + " (" + String.join(", ", a.subList(1, 4)) + ") VALUES ("
                    + schema.sql("a" + n) + ", " + schema.sql("p" + n) + ", gen_random_uuid())");
        }
        RecallRows rows = RecallRows.random(schema, 400, new Random(7));
        db.execute(rows.insert(brackets));
        return rows;
    }

    private static int columns(Statement statement, String call) throws SQLException {
        try (var rows = statement.executeQuery(call)) {
            assertThat(rows.next()).isTrue();
            return rows.getMetaData().getColumnCount();
        }
    }

    private static Pgvector pgvector() throws SQLException {
        Optional<Pgvector> server = Pgvector.open();
        assumeTrue(server.isPresent(), Pgvector.MISSING);
        return server.orElseThrow();
    }

    private static String expand(TestDatabase db, MappingSpec spec) {
        expander(db, spec).expand();
        return name(db, spec);
    }

    private static String name(TestDatabase db, MappingSpec spec) {
        return TestConfig.of(db, spec).name();
    }

    private static Expander expander(TestDatabase db, MappingSpec spec) {
        String name = name(db, spec);
        return new Expander(
                new Database(db.config(), name), name, spec, Patience.DEFAULT, Sleeper.real(), new Random(1));
    }
}
