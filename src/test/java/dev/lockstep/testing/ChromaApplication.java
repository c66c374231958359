package dev.lockstep.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An application's own use of a collection of a Chroma server. Shares nothing with the product. Thread-safe. */
public final class ChromaApplication {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int PAGE = 1000;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;
    private final String id;

    private ChromaApplication(URI server, String id) {
        this.server = server;
        this.id = id;
    }

    /** Makes a collection. */
    public static ChromaApplication create(URI server, String collection) throws IOException, InterruptedException {
        ChromaApplication maker = new ChromaApplication(server, "");
        return new ChromaApplication(
                server, maker.call("", Map.of("name", collection)).path("id").asText());
    }

    /** Embeds, or embeds again. */
    public void upsert(Map<String, Map<String, Object>> points) throws IOException, InterruptedException {
        List<String> ids = List.copyOf(points.keySet());
        for (int i = 0; i < ids.size(); i += PAGE) {
            List<String> some = ids.subList(i, Math.min(ids.size(), i + PAGE));
            call(
                    "/" + id + "/upsert",
                    Map.of(
                            "ids",
                            some,
                            "embeddings",
                            Collections.nCopies(some.size(), List.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
                            "metadatas",
                            some.stream().map(points::get).toList()));
        }
    }

    /** Merges metadata into points, one call. */
    public void update(List<String> ids, List<Map<String, Object>> metadata) throws IOException, InterruptedException {
        call("/" + id + "/update", Map.of("ids", ids, "metadatas", metadata));
    }

    /** The metadata of every point. */
    public Map<String, Map<String, Object>> points() throws IOException, InterruptedException {
        Map<String, Map<String, Object>> points = new HashMap<>();
        List<String> ids = new ArrayList<>();
        do {
            JsonNode page = call(
                    "/" + id + "/get", Map.of("limit", PAGE, "offset", points.size(), "include", List.of("metadatas")));
            ids.clear();
            for (int i = 0; i < page.path("ids").size(); i++) {
                Map<String, Object> payload = new HashMap<>();
                page.path("metadatas")
                        .path(i)
                        .properties()
                        .forEach(field -> payload.put(
                                field.getKey(),
                                field.getValue().isNumber()
                                        ? field.getValue().numberValue()
                                        : field.getValue().asText()));
                ids.add(page.path("ids").path(i).asText());
                points.put(ids.get(i), payload);
            }
        } while (!ids.isEmpty());
        return points;
    }

    private JsonNode call(String path, Map<String, ?> body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        server.resolve("/api/v2/tenants/default_tenant/databases/default_database/collections" + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }
}
