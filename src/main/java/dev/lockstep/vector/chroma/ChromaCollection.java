package dev.lockstep.vector.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.vector.StoreFailure;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One collection by its name, whatever its id is by now. One thread at a time; asks nothing before the first question. */
final class ChromaCollection implements AutoCloseable {

    private final ChromaHttp http;
    private final String database;
    private final String name;
    private final String where;
    private @Nullable String id;

    ChromaCollection(URI url, String tenant, String database, String name, @Nullable String token, Duration timeout) {
        this.http = new ChromaHttp(url, token, timeout);
        this.database = "/tenants/" + encode(tenant) + "/databases/" + encode(database);
        this.name = name;
        this.where = "tenant " + tenant + ", database " + database;
    }

    /** The server's. */
    String version() {
        return http.get("/version").body().asText("");
    }

    JsonNode get(String action) {
        return ask(http::get, action);
    }

    JsonNode post(String action, JsonNode body) {
        return ask(path -> http.post(path, body), action);
    }

    @Override
    public void close() {
        http.close();
    }

    private JsonNode ask(Function<String, ChromaHttp.Answer> question, String action) {
        String known = id == null ? lookUp() : id;
        ChromaHttp.Answer answer = question.apply(path(known, action));
        if (answer.isMissing()) {
            known = lookUp(); // a collection that was made again has another id
            answer = question.apply(path(known, action));
        }
        if (answer.isMissing()) {
            throw missing();
        }
        id = known;
        return answer.body();
    }

    private String path(String collection, String action) {
        return database + "/collections/" + collection + action;
    }

    private String lookUp() {
        ChromaHttp.Answer answer = http.get(database + "/collections/" + encode(name));
        if (answer.isMissing()) {
            throw missing();
        }
        return answer.body().path("id").asText();
    }

    private StoreFailure missing() {
        return new StoreFailure(
                http.address() + " has no collection " + name + " in " + where
                        + "; correct the name, let the application make it, or upgrade a server without API v2",
                null);
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
