package dev.lockstep.vector;

import static dev.lockstep.vector.SearchFixture.NUMBER_FIELDS;
import static dev.lockstep.vector.SearchFixture.TEXT_FIELDS;

import dev.lockstep.model.TableName;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.vector.postgres.PostgresSearch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What holds for a search in a table, whatever the type of its embeddings. */
abstract class TableSearchContract extends RemoteSearchContract {

    /** The database of this class, and of this test. */
    abstract TestDatabase database();

    /** The type of the column with the embeddings. */
    abstract String embeddingType();

    /** An embedding as a literal of that type. */
    abstract String literal(List<Float> embedding);

    abstract PostgresSearch.Order order();

    @Override
    SearchFixture fixture() throws Exception {
        database()
                .execute("DROP TABLE IF EXISTS memories; CREATE TABLE memories (\"Id\" text PRIMARY KEY,"
                        + columns(TEXT_FIELDS, " text") + "," + columns(NUMBER_FIELDS, " bigint")
                        + ", embedding " + embeddingType() + ", made timestamptz DEFAULT clock_timestamp())");
        return new Fixture();
    }

    @Override
    VectorSearch at(int port, Duration timeout) {
        return new PostgresSearch(
                "jdbc:postgresql://127.0.0.1:" + port + "/memories",
                "app",
                null,
                new TableName("public", "memories"),
                order(),
                timeout);
    }

    final VectorSearch open(String table, PostgresSearch.Order order) {
        return new PostgresSearch(
                database().config().url(),
                database().config().user(),
                database().config().password(),
                new TableName("public", table),
                order,
                SearchFixture.PATIENCE);
    }

    private static String columns(List<String> names, String type) {
        return names.stream().map(name -> '"' + name + '"' + type).collect(Collectors.joining(", "));
    }

    private final class Fixture implements SearchFixture {

        @Override
        public VectorSearch open() {
            return missing("memories");
        }

        @Override
        public VectorSearch missing(String table) {
            return TableSearchContract.this.open(table, order());
        }

        @Override
        public void add(List<Memory> memories) throws SQLException {
            List<String> fields =
                    Stream.concat(TEXT_FIELDS.stream(), NUMBER_FIELDS.stream()).toList();
            try (Connection connection = database().connect();
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO memories (\"Id\", embedding, "
                            + columns(fields, "") + ") VALUES (?, ?::" + embeddingType()
                            + ", ?".repeat(fields.size()) + ") ON CONFLICT DO NOTHING")) {
                for (Memory memory : memories) {
                    insert.setString(1, memory.id());
                    insert.setString(2, literal(memory.embedding()));
                    for (int i = 0; i < fields.size(); i++) {
                        insert.setObject(i + 3, memory.payload().get(fields.get(i)));
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
            }
        }
    }
}
