package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.Recall;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.vector.SearchFixture.Memory;
import dev.lockstep.vector.postgres.PostgresSearch;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Embeddings as plain arrays: newest first, whatever the query. */
class PostgresSearchIT extends TableSearchContract {

    private static TestDatabase shared;

    @BeforeAll
    static void make() {
        shared = TestPostgres.database();
    }

    @Override
    TestDatabase database() {
        return shared;
    }

    @Override
    String embeddingType() {
        return "real[]";
    }

    @Override
    String literal(List<Float> embedding) {
        return embedding.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    PostgresSearch.Order order() {
        return new PostgresSearch.Order("embedding", "made");
    }

    @Override
    double rank(int added, Memory memory, float[] query) {
        return -added;
    }

    @Test
    void withoutAColumnForTheirAgeTheLastKeyComesFirst() throws Exception {
        shared.execute("INSERT INTO memories (\"Id\", \"AgentId\") VALUES ('b', 'ann'), ('c', 'ann'), ('a', 'ann')");
        assertThat(ids(new PostgresSearch.Order(null, null))).containsExactly("c", "b", "a");
    }

    @Test
    void rowsWithoutAnAgeComeLast() throws Exception {
        shared.execute("INSERT INTO memories (\"Id\", \"AgentId\", made) VALUES ('a', 'ann', '2020-01-01'),"
                + " ('b', 'ann', NULL), ('c', 'ann', '2021-01-01'), ('d', 'ann', '2020-01-01')");
        assertThat(ids(new PostgresSearch.Order(null, "made"))).containsExactly("c", "d", "a", "b");
    }

    @Test
    void aColumnThatIsNotThereIsAFailureUntilItIs() throws Exception {
        shared.execute("INSERT INTO memories (\"Id\", \"AgentId\") VALUES ('a', 'ann')");
        for (PostgresSearch.Order order :
                List.of(new PostgresSearch.Order("later", null), new PostgresSearch.Order(null, "later"))) {
            assertThatThrownBy(() -> ids(order))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("public.memories has no column later");
        }
        shared.execute("ALTER TABLE memories ADD COLUMN later int");
        assertThat(ids(new PostgresSearch.Order(null, "later"))).containsExactly("a");
    }

    private List<String> ids(PostgresSearch.Order order) {
        try (VectorSearch other = open("memories", order)) {
            return new StoreRecall(SearchFixture.TEXTS, other)
                    .points(new Recall<>(null, "ann", null, 10), 1, 2, 3).stream()
                            .map(Point::id)
                            .toList();
        }
    }
}
