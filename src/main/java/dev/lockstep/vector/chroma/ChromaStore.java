package dev.lockstep.vector.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A collection of a Chroma server 1.0 or later. The cursor is the offset. */
public final class ChromaStore implements VectorStore {

    /** The server takes 5,461 at most. */
    private static final int EDITS_PER_REQUEST = 1000;

    private static final int COUNTED_PER_REQUEST = 10_000;

    private static final Pattern OFFSET = Pattern.compile("[0-9]{1,18}");

    private final ChromaHttp http;
    private final String database;
    private final String name;
    private final String where;
    private @Nullable String id;

    /**
     * Does no I/O.
     *
     * @param token for {@code x-chroma-token} and {@code Authorization: Bearer}; null sends neither
     * @param timeout for each request, to the last byte of its answer
     */
    public ChromaStore(
            URI url, String tenant, String database, String collection, @Nullable String token, Duration timeout) {
        this.http = new ChromaHttp(url, token, timeout);
        this.database = "/tenants/" + encode(tenant) + "/databases/" + encode(database);
        this.name = collection;
        this.where = "tenant " + tenant + ", database " + database;
    }

    @Override
    public String check() {
        String version = http.get("/version").body().asText("");
        id = lookUp();
        count(new Selection.All());
        return "Chroma " + version;
    }

    @Override
    public Page scroll(Selection which, @Nullable String cursor, int limit) {
        if (which.isNothing()) {
            return new Page(List.of(), null);
        }
        long offset = offset(cursor);
        List<Point> points = ChromaJson.points(ask("/get", ChromaJson.page(which, offset, limit, "metadatas")));
        return new Page(points, points.size() < limit ? null : String.valueOf(offset + points.size()));
    }

    /** A cursor of another store that had its name begins anew. */
    private static long offset(@Nullable String cursor) {
        return cursor != null && OFFSET.matcher(cursor).matches() ? Long.parseLong(cursor) : 0;
    }

    @Override
    public void write(List<Edit> edits) {
        send(edits, Edit.Stamp.class, "/update", ChromaJson::update);
        send(edits, Edit.Removal.class, "/delete", ChromaJson::delete);
    }

    @Override
    public long count(Selection which) {
        if (which instanceof Selection.All) {
            return ask(http::get, "/count").asLong();
        }
        if (which.isNothing()) {
            return 0;
        }
        long counted = 0;
        int found;
        do {
            found = ask("/get", ChromaJson.page(which, counted, COUNTED_PER_REQUEST))
                    .path("ids")
                    .size();
            counted += found;
        } while (found == COUNTED_PER_REQUEST);
        return counted;
    }

    @Override
    public void close() {
        http.close();
    }

    private <E extends Edit> void send(
            List<Edit> edits, Class<E> kind, String action, Function<List<E>, JsonNode> body) {
        List<E> all = edits.stream()
                .filter(edit -> !edit.id().isEmpty()) // no point has it, and the server would refuse the whole request
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
        IntStream.iterate(0, from -> from < all.size(), from -> from + EDITS_PER_REQUEST)
                .mapToObj(from -> all.subList(from, Math.min(from + EDITS_PER_REQUEST, all.size())))
                .forEach(some -> ask(action, body.apply(some)));
    }

    private JsonNode ask(String action, JsonNode body) {
        return ask(path -> http.post(path, body), action);
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
