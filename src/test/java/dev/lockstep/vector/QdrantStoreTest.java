package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.QdrantDouble;
import dev.lockstep.vector.qdrant.QdrantStore;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a double of Qdrant; {@link QdrantStoreIT} is on the real one. */
class QdrantStoreTest extends QdrantContract {

    private static QdrantDouble server;

    @BeforeAll
    static void start() throws Exception {
        server = new QdrantDouble("");
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @Override
    URI server() {
        return server.url();
    }

    @Test
    void aRefusedKeyIsSaidWithoutIt() throws Exception {
        try (QdrantDouble locked = new QdrantDouble("right");
                QdrantStore right = new QdrantStore(locked.url(), "memories", "right", Duration.ofSeconds(20));
                QdrantStore wrong = new QdrantStore(locked.url(), "memories", "wr0ng", Duration.ofSeconds(20));
                QdrantStore none = new QdrantStore(locked.url(), "memories", null, Duration.ofSeconds(20))) {
            assertThatThrownBy(right::check).hasMessageContaining("no collection memories");
            for (QdrantStore refused : new QdrantStore[] {wrong, none}) {
                assertThatThrownBy(refused::check)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("refused the API key")
                        .hasMessageNotContaining("wr0ng");
            }
        }
    }

    /** Qdrant gives up a batch at the first stamp of a point that is not there. */
    @Test
    void aPointDeletedBetweenTheLookAndTheWriteDoesNotHoldUpTheOthers() throws Exception {
        fixture.add(Stream.of("1", "2", "3")
                .map(id -> new Point(id, Map.of("text", "x")))
                .toList());
        server.beforeNextBatch(() -> {
            try (VectorStore somebodyElse = fixture.open()) {
                somebodyElse.write(List.of(new Edit.Removal("2")));
            }
        });
        store.write(Stream.of("1", "2", "3")
                .<Edit>map(id -> new Edit.Stamp(id, Map.of("agent", "ann"), Set.of("text")))
                .toList());
        assertThat(store.scroll(new Selection.All(), null, 10).points())
                .containsExactly(new Point("1", Map.of("agent", "ann")), new Point("3", Map.of("agent", "ann")));
    }

    @Test
    void aKeyThatQdrantCannotTakeAwayIsSaid() throws Exception {
        fixture.add(List.of(new Point("1", Map.of("text", "x"))));
        assertThatThrownBy(() -> store.write(List.of(new Edit.Stamp("1", Map.of(), Set.of("a\"b")))))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("rename");
        assertThat(store.count(new Selection.All())).isOne();
    }
}
