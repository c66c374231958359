package dev.lockstep.vector.qdrant;

import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorSearch;
import io.qdrant.client.QueryFactory;
import io.qdrant.client.WithPayloadSelectorFactory;
import io.qdrant.client.grpc.Points.QueryPoints;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Searches a collection of a Qdrant server 1.10 or later, by the distance that it was made for. */
public final class QdrantSearch implements VectorSearch {

    private final QdrantCollection collection;
    private final @Nullable String vector;

    /**
     * Does no I/O. The parameters are those of {@link QdrantStore}, and
     *
     * @param vector which of a point's named vectors; null where they have one without a name
     */
    public QdrantSearch(
            URI url, String collection, @Nullable String vector, @Nullable String apiKey, Duration timeout) {
        this.collection = new QdrantCollection(url, collection, apiKey, timeout);
        this.vector = vector;
    }

    @Override
    public List<Point> nearest(float[] query, Selection.AnyOf among, Selection.AnyOf without, int limit) {
        if (among.isNothing()) {
            return List.of();
        }
        QueryPoints.Builder nearest = QueryPoints.newBuilder()
                .setCollectionName(collection.name())
                .setQuery(QueryFactory.nearest(query))
                .setFilter(QdrantPoints.filter(among, without))
                .setLimit(limit)
                .setWithPayload(WithPayloadSelectorFactory.enable(true));
        if (vector != null) {
            nearest.setUsing(vector);
        }
        return collection.ask(client -> client.points().query(nearest.build())).getResultList().stream()
                .map(QdrantPoints::point)
                .toList();
    }

    @Override
    public void close() {
        collection.close();
    }
}
