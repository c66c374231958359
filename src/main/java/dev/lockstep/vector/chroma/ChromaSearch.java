package dev.lockstep.vector.chroma;

import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorSearch;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Searches a collection of a Chroma server 1.0 or later, by the distance that it was made for. */
public final class ChromaSearch implements VectorSearch {

    private final ChromaCollection collection;

    /** Does no I/O. The parameters are those of {@link ChromaStore}. */
    public ChromaSearch(
            URI url, String tenant, String database, String collection, @Nullable String token, Duration timeout) {
        this.collection = new ChromaCollection(url, tenant, database, collection, token, timeout);
    }

    @Override
    public List<Point> nearest(float[] query, Selection.AnyOf among, Selection.AnyOf without, int limit) {
        return among.isNothing()
                ? List.of()
                : ChromaJson.nearest(collection.post("/query", ChromaJson.query(query, among, without, limit)));
    }

    @Override
    public void close() {
        collection.close();
    }
}
