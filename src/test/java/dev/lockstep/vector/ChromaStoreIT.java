package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.vector.chroma.ChromaStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a real Chroma server. */
@NeedsServer(image = ChromaServer.IMAGE, orPrepared = ChromaServer.PREPARED)
class ChromaStoreIT extends RemoteStoreContract {

    private static final AtomicInteger COLLECTIONS = new AtomicInteger();
    private static ChromaServer server;

    @BeforeAll
    static void start() throws Exception {
        server = ChromaServer.start();
    }

    @AfterAll
    static void end() throws Exception {
        server.close();
    }

    @Override
    StoreFixture fixture() throws Exception {
        return Fixture.make("memories-" + COLLECTIONS.incrementAndGet());
    }

    @Override
    VectorStore at(int port, Duration timeout) {
        return open(URI.create("http://127.0.0.1:" + port), "memories", timeout);
    }

    @Test
    void aCollectionThatWasMadeAgainIsLookedUpAgain() throws Exception {
        fixture.add(List.of(new Point("old", Map.of("text", "x"))));
        assertThat(store.count(new Selection.All())).isOne();
        Application.call("DELETE", "/" + fixture.collection(), Map.of());
        StoreFixture again = Fixture.make(fixture.collection());
        again.add(List.of(new Point("new", Map.of("text", "x")), new Point("newer", Map.of("text", "x"))));
        assertThat(store.count(new Selection.All())).isEqualTo(2);
        assertThat(store.scroll(new Selection.Ids(Set.of("old", "new")), null, 5)
                        .points())
                .extracting(Point::id)
                .containsExactly("new");
    }

    private static VectorStore open(URI url, String collection, Duration timeout) {
        return new ChromaStore(url, "default_tenant", "default_database", collection, null, timeout);
    }

    private record Fixture(String collection, String id) implements StoreFixture {

        static Fixture make(String name) throws Exception {
            return new Fixture(
                    name,
                    Application.call("POST", "", Map.of("name", name))
                            .path("id")
                            .asText());
        }

        @Override
        public VectorStore open() {
            return missing(collection);
        }

        @Override
        public VectorStore missing(String name) {
            return ChromaStoreIT.open(server.url(), name, PATIENCE);
        }

        @Override
        public void add(List<Point> points) throws Exception {
            Application.call(
                    "POST",
                    "/" + id + "/upsert",
                    Map.of(
                            "ids", points.stream().map(Point::id).toList(),
                            "embeddings", Collections.nCopies(points.size(), List.of(0.25, -0.5)),
                            "documents", Collections.nCopies(points.size(), "a document"),
                            "metadatas", points.stream().map(Point::payload).toList()));
        }

        @Override
        public String embedding(String point) throws Exception {
            JsonNode found = Application.call(
                    "POST",
                    "/" + id + "/get",
                    Map.of("ids", List.of(point), "include", List.of("embeddings", "documents")));
            return found.path("embeddings").toString() + found.path("documents");
        }
    }

    /** The application's own calls. */
    private static final class Application {

        private static final JsonMapper JSON = JsonMapper.builder().build();
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        static JsonNode call(String method, String path, Map<String, ?> body) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(server.url()
                            .resolve("/api/v2/tenants/default_tenant/databases/default_database/collections" + path))
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(JSON.writeValueAsString(body)))
                    .build();
            HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
            return JSON.readTree(answer.body());
        }
    }
}
