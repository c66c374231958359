package dev.lockstep.vector.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorStore;
import java.net.URI;
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

    private final ChromaCollection collection;

    /**
     * Does no I/O.
     *
     * @param token for {@code x-chroma-token} and {@code Authorization: Bearer}; null sends neither
     * @param timeout for each request, to the last byte of its answer
     */
    public ChromaStore(
            URI url, String tenant, String database, String collection, @Nullable String token, Duration timeout) {
        this.collection = new ChromaCollection(url, tenant, database, collection, token, timeout);
    }

    @Override
    public String check() {
        String version = collection.version();
        count(new Selection.All());
        return "Chroma " + version;
    }

    @Override
    public Page scroll(Selection which, @Nullable String cursor, int limit) {
        if (which.isNothing()) {
            return new Page(List.of(), null);
        }
        long offset = offset(cursor);
        List<Point> points =
                ChromaJson.points(collection.post("/get", ChromaJson.page(which, offset, limit, "metadatas")));
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
            return collection.get("/count").asLong();
        }
        if (which.isNothing()) {
            return 0;
        }
        long counted = 0;
        int found;
        do {
            found = collection
                    .post("/get", ChromaJson.page(which, counted, COUNTED_PER_REQUEST))
                    .path("ids")
                    .size();
            counted += found;
        } while (found == COUNTED_PER_REQUEST);
        return counted;
    }

    @Override
    public void close() {
        collection.close();
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
                .forEach(some -> collection.post(action, body.apply(some)));
    }
}
