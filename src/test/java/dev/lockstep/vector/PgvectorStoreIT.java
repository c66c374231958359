package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.PgvectorServer;
import dev.lockstep.testing.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Embeddings as pgvector's, on the real extension. */
@NeedsServer(image = PgvectorServer.IMAGE, orPrepared = PgvectorServer.PREPARED)
class PgvectorStoreIT extends PostgresContract {

    private static PgvectorServer server;
    private static TestDatabase shared;

    @BeforeAll
    static void start() throws Exception {
        server = PgvectorServer.start();
        shared = server.database();
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
        return "vector(2)";
    }

    @Override
    String embeddingValue() {
        return "[0.25,-0.5]";
    }

    @Test
    void checkNamesTheExtension() {
        assertThat(store.check()).matches("PostgreSQL 17\\S*.*, pgvector \\d\\S+");
    }

    @Test
    void aStampedRowIsStillFoundByItsEmbedding() throws Exception {
        database.execute("CREATE INDEX ON memories USING hnsw (embedding vector_l2_ops)");
        fixture.add(List.of(new Point("a", Map.of("text", "x"))));
        store.write(List.of(new Edit.Stamp("a", Map.of("agent", "ann"), Set.of())));
        assertThat(database.text("SELECT agent FROM memories ORDER BY embedding <-> '[0.25,-0.5]' LIMIT 1"))
                .isEqualTo("ann");
    }
}
