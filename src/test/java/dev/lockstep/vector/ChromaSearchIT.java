package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.vector.chroma.ChromaSearch;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a real Chroma server. */
@NeedsServer(image = ChromaServer.IMAGE, orPrepared = ChromaServer.PREPARED)
class ChromaSearchIT extends RemoteSearchContract {

    private static final AtomicInteger COLLECTIONS = new AtomicInteger();
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
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
    SearchFixture fixture() throws Exception {
        String name = "searched-" + COLLECTIONS.incrementAndGet();
        JsonNode made = call("", Map.of("name", name, "configuration", Map.of("hnsw", Map.of("space", "cosine"))));
        return new Fixture(name, made.path("id").asText());
    }

    @Override
    VectorSearch at(int port, Duration timeout) {
        return open(URI.create("http://127.0.0.1:" + port), "memories", timeout);
    }

    @Test
    void aQueryOfAnotherSizeIsAFailure() throws Exception {
        assertAQueryOfAnotherSizeIsAFailure();
    }

    private static VectorSearch open(URI url, String collection, Duration timeout) {
        return new ChromaSearch(url, "default_tenant", "default_database", collection, null, timeout);
    }

    private record Fixture(String collection, String id) implements SearchFixture {

        @Override
        public VectorSearch open() {
            return missing(collection);
        }

        @Override
        public VectorSearch missing(String name) {
            return ChromaSearchIT.open(server.url(), name, PATIENCE);
        }

        @Override
        public void add(List<Memory> memories) throws Exception {
            call(
                    "/" + id + "/upsert",
                    Map.of(
                            "ids", memories.stream().map(Memory::id).toList(),
                            "embeddings",
                                    memories.stream().map(Memory::embedding).toList(),
                            "metadatas", memories.stream().map(Memory::payload).toList()));
        }
    }

    /** The application's own calls. */
    private static JsonNode call(String path, Map<String, ?> body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.url()
                        .resolve("/api/v2/tenants/default_tenant/databases/default_database/collections" + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JSON.readTree(answer.body());
    }
}
