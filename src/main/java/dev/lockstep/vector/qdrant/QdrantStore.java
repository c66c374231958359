package dev.lockstep.vector.qdrant;

import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorStore;
import io.qdrant.client.WithPayloadSelectorFactory;
import io.qdrant.client.WithVectorsSelectorFactory;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points.CountPoints;
import io.qdrant.client.grpc.Points.GetPoints;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.UpdateBatchPoints;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckRequest;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A collection of a Qdrant server. The cursor is the id of the next point; with ids given, of the last one asked for. */
public final class QdrantStore implements VectorStore {

    private static final int EDITS_PER_REQUEST = 250;

    /** Tries of one batch while others delete the points it stamps. */
    private static final int TRIES = 3;

    private final QdrantCollection collection;

    /**
     * Does no I/O.
     *
     * @param url {@code http} for plain text, {@code https} for TLS; its port is the one for gRPC, 6334 if none is given
     * @param apiKey null sends none
     * @param timeout for each request
     */
    public QdrantStore(URI url, String collection, @Nullable String apiKey, Duration timeout) {
        this.collection = new QdrantCollection(url, collection, apiKey, timeout);
    }

    @Override
    public String check() {
        String version = collection
                .ask(client -> client.qdrant().healthCheck(HealthCheckRequest.getDefaultInstance()))
                .getVersion();
        count(new Selection.All());
        return "Qdrant " + version;
    }

    @Override
    public Page scroll(Selection which, @Nullable String cursor, int limit) {
        if (which instanceof Selection.Ids ids) {
            return byId(ids, cursor, limit);
        }
        if (which.isNothing()) {
            return new Page(List.of(), null);
        }
        ScrollPoints.Builder page = ScrollPoints.newBuilder()
                .setCollectionName(collection.name())
                .setLimit(limit)
                .setWithPayload(WithPayloadSelectorFactory.enable(true))
                .setWithVectors(WithVectorsSelectorFactory.enable(false));
        if (which instanceof Selection.AnyOf anyOf) {
            page.setFilter(QdrantPoints.filter(anyOf));
        }
        Optional.ofNullable(cursor).flatMap(QdrantPoints::id).ifPresent(page::setOffset);
        ScrollResponse found = collection.ask(client -> client.points().scroll(page.build()));
        return new Page(
                found.getResultList().stream().map(QdrantPoints::point).toList(),
                found.hasNextPageOffset() ? QdrantPoints.text(found.getNextPageOffset()) : null);
    }

    @Override
    public void write(List<Edit> edits) {
        for (int from = 0; from < edits.size(); from += EDITS_PER_REQUEST) {
            send(QdrantWrites.byId(edits.subList(from, Math.min(from + EDITS_PER_REQUEST, edits.size()))));
        }
    }

    @Override
    public long count(Selection which) {
        if (which.isNothing()) {
            return 0;
        }
        if (which instanceof Selection.Ids ids) {
            return retrieve(
                            ids.ids().stream()
                                    .flatMap(id -> QdrantPoints.id(id).stream())
                                    .toList(),
                            false)
                    .size();
        }
        CountPoints.Builder count =
                CountPoints.newBuilder().setCollectionName(collection.name()).setExact(true);
        if (which instanceof Selection.AnyOf anyOf) {
            count.setFilter(QdrantPoints.filter(anyOf));
        }
        return collection
                .ask(client -> client.points().count(count.build()))
                .getResult()
                .getCount();
    }

    @Override
    public void close() {
        collection.close();
    }

    private Page byId(Selection.Ids ids, @Nullable String cursor, int limit) {
        List<String> rest = ids.ids().stream()
                .filter(id -> QdrantPoints.id(id).isPresent())
                .sorted()
                .filter(id -> cursor == null || id.compareTo(cursor) > 0)
                .toList();
        List<String> asked = rest.subList(0, Math.min(limit, rest.size()));
        List<RetrievedPoint> found = retrieve(
                asked.stream().flatMap(id -> QdrantPoints.id(id).stream()).toList(), true);
        return new Page(
                found.stream().map(QdrantPoints::point).toList(),
                asked.size() < rest.size() ? asked.get(asked.size() - 1) : null);
    }

    private List<RetrievedPoint> retrieve(Collection<PointId> ids, boolean withPayload) {
        if (ids.isEmpty()) {
            return List.of();
        }
        GetPoints get = GetPoints.newBuilder()
                .setCollectionName(collection.name())
                .addAllIds(ids)
                .setWithPayload(WithPayloadSelectorFactory.enable(withPayload))
                .setWithVectors(WithVectorsSelectorFactory.enable(false))
                .build();
        return collection.ask(client -> client.points().get(get)).getResultList();
    }

    /**
     * The server gives up a batch at the first stamp of a point that is not there, so the points are looked up first; one
     * that is deleted in between makes it look again.
     */
    private void send(Map<PointId, Edit> edits) {
        for (int tries = 1; ; tries++) {
            Set<PointId> there = retrieve(QdrantWrites.stamped(edits), false).stream()
                    .map(RetrievedPoint::getId)
                    .collect(Collectors.toSet());
            UpdateBatchPoints batch = UpdateBatchPoints.newBuilder()
                    .setCollectionName(collection.name())
                    .setWait(true)
                    .addAllOperations(QdrantWrites.operations(edits, there))
                    .build();
            try {
                if (batch.getOperationsCount() > 0) {
                    collection.tell(client -> client.points().updateBatch(batch));
                }
                return;
            } catch (QdrantCalls.NotFound e) {
                if (tries == TRIES) {
                    throw collection.missing(e);
                }
            }
        }
    }
}
