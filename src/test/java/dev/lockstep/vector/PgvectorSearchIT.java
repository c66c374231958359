package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Recall;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.PgvectorServer;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.vector.postgres.PostgresSearch;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings as pgvector's, on the real extension in a schema of its own. */
@NeedsServer(image = PgvectorServer.IMAGE, orPrepared = PgvectorServer.PREPARED)
class PgvectorSearchIT extends TableSearchContract {

    private static PgvectorServer server;
    private static TestDatabase shared;

    @BeforeAll
    static void start() throws Exception {
        server = PgvectorServer.start();
        shared = server.database();
        shared.execute("CREATE SCHEMA ext; ALTER EXTENSION vector SET SCHEMA ext");
    }

    @AfterAll
    static void end() throws Exception {
        server.close();
    }

    @Override
    TestDatabase database() {
        return shared;
    }

    @Override
    String embeddingType() {
        return "ext.vector(" + SearchFixture.DIMENSIONS + ")";
    }

    @Override
    String literal(List<Float> embedding) {
        return embedding.toString();
    }

    @Override
    PostgresSearch.Order order() {
        return new PostgresSearch.Order("embedding", null);
    }

    @Test
    void aQueryOfAnotherSizeIsAFailure() throws Exception {
        assertAQueryOfAnotherSizeIsAFailure();
    }

    @ParameterizedTest
    @ValueSource(strings = {"vector", "halfvec", "sparsevec"})
    void everyTypeOfTheExtensionIsMeasured(String type) throws Exception {
        shared.execute("ALTER TABLE memories ALTER embedding TYPE ext." + type + "(3) USING embedding::ext." + type
                + "(3); INSERT INTO memories (\"Id\", \"AgentId\", embedding) SELECT i, 'ann',"
                + " format('[%s,1,0]', i)::ext.vector::ext." + type + " FROM generate_series(1, 5) i;"
                + " INSERT INTO memories (\"Id\", \"AgentId\") VALUES ('without one', 'ann')");
        assertThat(ids(4)).containsExactly("5", "4", "3", "2");
        assertThat(ids(10)).hasSize(5);
    }

    /** Without {@code hnsw.iterative_scan} the index gives the 40 nearest of all, and none of them is the agent's. */
    @Test
    void anIndexOfNeighboursFindsTheFewOfAnAgentAmongMany() throws Exception {
        shared.execute("INSERT INTO memories (\"Id\", \"AgentId\", embedding) SELECT i, CASE WHEN i > 995 THEN 'ann'"
                + " ELSE 'bob' END, format('[%s,1000,0]', 1000 - i)::ext.vector FROM generate_series(1, 1000) i;"
                + " CREATE INDEX ON memories USING hnsw (embedding ext.vector_cosine_ops); ANALYZE memories");
        String name = shared.text("SELECT current_database()");
        shared.execute("ALTER DATABASE " + name + " SET enable_seqscan = off;" + " ALTER DATABASE " + name
                + " SET enable_sort = off");
        try {
            assertThat(ids(5)).containsExactly("996", "997", "998", "999", "1000");
        } finally {
            shared.execute("ALTER DATABASE " + name + " RESET ALL");
        }
    }

    private List<String> ids(int k) {
        try (VectorSearch other = open("memories", order())) {
            return new StoreRecall(SearchFixture.TEXTS, other)
                    .points(new Recall<>(null, "ann", null, k), 1, 0, 0).stream()
                            .map(Point::id)
                            .toList();
        }
    }
}
