package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.TableName;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.vector.postgres.PostgresStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for a table, whatever the type of its embeddings. */
abstract class PostgresContract extends RemoteStoreContract {

    TestDatabase database;

    /** The database of this class: one each for every test would make the server's shutdown long. */
    abstract TestDatabase database() throws Exception;

    /** The type of the column with the embeddings, and one of its values. */
    abstract String embeddingType();

    abstract String embeddingValue();

    @Override
    StoreFixture fixture() throws Exception {
        database = database();
        database.execute("DROP TABLE IF EXISTS memories, n, u, pair, none;"
                + "CREATE TABLE memories (\"Id\" text PRIMARY KEY, agent varchar(100), \"text\" text,"
                + StoreMeaning.FIELDS.names().stream()
                        .map(field -> " \"" + field + "\" text,")
                        .collect(Collectors.joining())
                + " \"Odd.key's name\" text, whole bigint, number bigint, fraction double precision, truth boolean,"
                + " embedding " + embeddingType() + ", tags text[], made timestamptz DEFAULT now())");
        return new Fixture(database, embeddingValue());
    }

    @Override
    VectorStore at(int port, Duration timeout) {
        return new PostgresStore("jdbc:postgresql://127.0.0.1:" + port + "/memories", "app", null, memories(), timeout);
    }

    @Test
    void theEmbeddingIsNeverRead() throws Exception {
        fixture.add(List.of(new Point("a", Map.of("text", "x"))));
        assertThat(store.scroll(new Selection.All(), null, 1).points().get(0).payload())
                .containsOnlyKeys("Id", "text");
    }

    @Test
    void keysAreNumbersOrUuidsToo() throws Exception {
        database.execute("CREATE TABLE n (id integer PRIMARY KEY, agent uuid, small smallint, r real);"
                + "INSERT INTO n (id) SELECT i FROM generate_series(1, 25) i;"
                + "CREATE TABLE u (id uuid PRIMARY KEY, agent text);"
                + "INSERT INTO u (id) SELECT gen_random_uuid() FROM generate_series(1, 25)");
        String agent = "018f4e6e-7b1a-7c3d-8e4f-5a6b7c8d9e0f";
        try (VectorStore numbers = open("n")) {
            numbers.write(List.of(
                    new Edit.Stamp("9", Map.of("agent", agent, "small", 5L, "r", 1.5), Set.of()),
                    new Edit.Removal("10"),
                    new Edit.Removal("01")));
            Page page = numbers.scroll(new Selection.All(), "8", 2);
            assertThat(page.points())
                    .containsExactly(
                            new Point("9", Map.of("id", 9L, "agent", agent, "small", 5L, "r", 1.5)),
                            new Point("11", Map.of("id", 11L)));
            assertThat(page.next()).isEqualTo("11");
            assertThat(numbers.scroll(new Selection.All(), agent, 2).points()) // of another store by this name
                    .extracting(Point::id)
                    .containsExactly("1", "2");
            assertThat(numbers.count(new Selection.AnyOf("agent", Set.of(agent, "no uuid"))))
                    .isOne();
            assertThat(numbers.count(new Selection.AnyOf("small", Set.of("5", "99999999999"))))
                    .isOne();
        }
        try (VectorStore uuids = open("u")) {
            String id = database.text("SELECT id FROM u ORDER BY id OFFSET 20");
            uuids.write(List.of(new Edit.Stamp(id, Map.of("agent", "ann"), Set.of())));
            assertThat(uuids.scroll(new Selection.Ids(Set.of(id, "1", "a")), null, 5)
                            .points())
                    .containsExactly(new Point(id, Map.of("id", id, "agent", "ann")));
            assertThat(uuids.scroll(new Selection.All(), id, 50).points()).hasSize(4);
        }
    }

    @Test
    void aColumnThatIsNotThereIsAFailureWithTheRemedyUntilItIs() throws Exception {
        fixture.add(List.of(new Point("a", Map.of("text", "x"))));
        List<Edit> stamp = List.of(new Edit.Stamp("a", Map.of("text", "y", "Conversation", "c"), Set.of()));
        store.check();
        assertThatThrownBy(() -> store.write(stamp))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("ALTER TABLE \"public\".\"memories\" ADD COLUMN \"Conversation\"");
        assertThatThrownBy(() -> store.count(new Selection.AnyOf("Conversation", Set.of("c"))))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("Conversation");
        assertThat(database.text("SELECT \"text\" FROM memories")).isEqualTo("x");
        store.count(new Selection.All());
        database.execute("ALTER TABLE memories ADD COLUMN \"Conversation\" text");
        store.write(stamp);
        assertThat(database.text("SELECT \"text\" || \"Conversation\" FROM memories"))
                .isEqualTo("yc");
    }

    @Test
    void allOfAWriteIsDoneOrNothing() throws Exception {
        fixture.add(List.of(new Point("a", Map.of("text", "x")), new Point("b", Map.of("text", "x"))));
        String secret = "s3cret".repeat(100);
        assertThatThrownBy(() -> store.write(List.of(
                        new Edit.Stamp("a", Map.of("text", "y"), Set.of()),
                        new Edit.Stamp("b", Map.of("agent", secret), Set.of()),
                        new Edit.Removal("a"))))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("22001")
                .hasMessageNotContaining("s3cret");
        assertThat(database.rows("SELECT \"Id\", \"text\", agent FROM memories ORDER BY 1"))
                .containsExactly(Arrays.asList("a", "x", null), Arrays.asList("b", "x", null));
        store.write(List.of(new Edit.Removal("a")));
        assertThat(store.count(new Selection.All())).isOne();
    }

    @Test
    void aRowInStepIsNotWrittenAgain() throws Exception {
        fixture.add(List.of(new Point("a", Map.of("text", "x", "whole", 1L, "fraction", 0.1))));
        List<Edit> stamp = List.of(new Edit.Stamp(
                "a", Map.of("text", "y", "whole", 2L, "fraction", 0.1, "truth", true), Set.of("agent", "number")));
        store.write(stamp);
        String version = database.text("SELECT xmin FROM memories");
        store.write(stamp);
        assertThat(database.text("SELECT xmin FROM memories")).isEqualTo(version);
    }

    @Test
    void aTableWithoutASingleKeyIsAFailure() throws Exception {
        database.execute("CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE none (a int)");
        for (String table : List.of("pair", "none")) {
            try (VectorStore unfit = open(table)) {
                assertThatThrownBy(unfit::check)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("public." + table)
                        .hasMessageContaining("primary key");
            }
        }
    }

    @Test
    void aUserWhoMayNotWriteIsTold() throws Exception {
        database.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader';"
                + " GRANT SELECT ON memories TO reader");
        try (VectorStore reader =
                new PostgresStore(database.config().url(), "reader", "reader", memories(), StoreFixture.PATIENCE)) {
            assertThatThrownBy(reader::check)
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("GRANT SELECT, UPDATE ON \"public\".\"memories\"");
            assertThatThrownBy(() -> reader.write(List.of(new Edit.Stamp("a", Map.of("text", "y"), Set.of()))))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("GRANT");
        }
        database.execute("DROP OWNED BY reader; DROP ROLE reader");
    }

    @Test
    void aLockedTableIsGivenUpInTime() throws Exception {
        fixture.add(List.of(new Point("a", Map.of("text", "x"))));
        try (Connection locker = database.connect();
                VectorStore hasty = new PostgresStore(
                        database.config().url(),
                        database.config().user(),
                        database.config().password(),
                        memories(),
                        Duration.ofMillis(500))) {
            hasty.check();
            locker.setAutoCommit(false);
            locker.createStatement().execute("SELECT * FROM memories FOR UPDATE");
            assertThatThrownBy(() -> hasty.write(List.of(new Edit.Removal("a"))))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("500 ms");
            locker.rollback();
            hasty.write(List.of(new Edit.Removal("a")));
        }
        assertThat(store.count(new Selection.All())).isZero();
    }

    private VectorStore open(String table) {
        return new Fixture(database, "").missing(table);
    }

    private static TableName memories() {
        return new TableName("public", "memories");
    }

    private record Fixture(TestDatabase database, String embedding) implements StoreFixture {

        @Override
        public String collection() {
            return "memories";
        }

        @Override
        public VectorStore open() {
            return missing("memories");
        }

        @Override
        public VectorStore missing(String table) {
            return new PostgresStore(
                    database.config().url(),
                    database.config().user(),
                    database.config().password(),
                    new TableName("public", table),
                    PATIENCE);
        }

        @Override
        public Set<String> ownFields() {
            return Set.of("Id");
        }

        @Override
        public void add(List<Point> points) throws SQLException {
            String columns =
                    FIELDS.all().stream().map(field -> '"' + field + '"').collect(Collectors.joining(", "));
            try (Connection connection = database.connect();
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO memories (\"Id\", embedding, "
                            + columns + ") VALUES (?, '" + embedding + "'"
                            + ", ?".repeat(FIELDS.all().size()) + ")")) {
                for (Point point : points) {
                    insert.setString(1, point.id());
                    for (int i = 0; i < FIELDS.all().size(); i++) {
                        insert.setObject(i + 2, point.payload().get(FIELDS.all().get(i)));
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
            }
        }

        @Override
        public String embedding(String id) throws SQLException {
            return database.text("SELECT embedding FROM memories");
        }

        @Override
        public List<String> ids(int count) {
            return IntStream.range(0, count).mapToObj(i -> "Point-" + i).toList();
        }
    }
}
