package dev.lockstep.testing;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.qdrant.client.grpc.Points.CountPoints;
import io.qdrant.client.grpc.Points.CountResponse;
import io.qdrant.client.grpc.Points.CountResult;
import io.qdrant.client.grpc.Points.GetPoints;
import io.qdrant.client.grpc.Points.GetResponse;
import io.qdrant.client.grpc.Points.PointsOperationResponse;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.QueryPoints;
import io.qdrant.client.grpc.Points.QueryResponse;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScoredPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.UpdateBatchPoints;
import io.qdrant.client.grpc.Points.UpdateBatchResponse;
import io.qdrant.client.grpc.Points.UpsertPoints;
import io.qdrant.client.grpc.PointsGrpc;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** The calls of {@link QdrantDouble} that are about points. */
final class QdrantDoubleService extends PointsGrpc.PointsImplBase {

    private final Map<String, QdrantDoublePoints> collections;
    private final AtomicReference<Runnable> beforeBatch;

    QdrantDoubleService(Map<String, QdrantDoublePoints> collections, AtomicReference<Runnable> beforeBatch) {
        this.collections = collections;
        this.beforeBatch = beforeBatch;
    }

    @Override
    public void upsert(UpsertPoints request, StreamObserver<PointsOperationResponse> answer) {
        reply(answer, request.getCollectionName(), points -> {
            points.upsert(request.getPointsList());
            return PointsOperationResponse.getDefaultInstance();
        });
    }

    @Override
    public void get(GetPoints request, StreamObserver<GetResponse> answer) {
        reply(
                answer,
                request.getCollectionName(),
                points -> GetResponse.newBuilder()
                        .addAllResult(points.get(request.getIdsList()).stream()
                                .map(point -> shown(
                                        point,
                                        request.getWithPayload().getEnable(),
                                        request.getWithVectors().getEnable()))
                                .toList())
                        .build());
    }

    @Override
    public void scroll(ScrollPoints request, StreamObserver<ScrollResponse> answer) {
        reply(answer, request.getCollectionName(), points -> {
            List<RetrievedPoint> found =
                    points.from(request.hasOffset() ? request.getOffset() : null, request.getFilter());
            int limit = request.hasLimit() ? request.getLimit() : 10;
            ScrollResponse.Builder page = ScrollResponse.newBuilder();
            found.stream()
                    .limit(limit)
                    .map(point -> shown(
                            point,
                            request.getWithPayload().getEnable(),
                            request.getWithVectors().getEnable()))
                    .forEach(page::addResult);
            if (found.size() > limit) {
                page.setNextPageOffset(found.get(limit).getId());
            }
            return page.build();
        });
    }

    @Override
    public void count(CountPoints request, StreamObserver<CountResponse> answer) {
        reply(
                answer,
                request.getCollectionName(),
                points -> CountResponse.newBuilder()
                        .setResult(CountResult.newBuilder()
                                .setCount(points.from(null, request.getFilter()).size()))
                        .build());
    }

    @Override
    public void query(QueryPoints request, StreamObserver<QueryResponse> answer) {
        reply(answer, request.getCollectionName(), points -> {
            List<ScoredPoint> found = points.nearest(
                    request.getQuery().getNearest().getDense().getDataList(), request.getUsing(), request.getFilter());
            return QueryResponse.newBuilder()
                    .addAllResult(found.stream()
                            .limit(request.hasLimit() ? request.getLimit() : 10)
                            .map(point -> request.getWithPayload().getEnable()
                                    ? point
                                    : point.toBuilder().clearPayload().build())
                            .toList())
                    .build();
        });
    }

    /** One after the other; the first that fails ends the batch, and what went before stays. */
    @Override
    public void updateBatch(UpdateBatchPoints request, StreamObserver<UpdateBatchResponse> answer) {
        beforeBatch.getAndSet(() -> {}).run();
        reply(answer, request.getCollectionName(), points -> {
            for (PointsUpdateOperation operation : request.getOperationsList()) {
                points.apply(operation);
            }
            return UpdateBatchResponse.getDefaultInstance();
        });
    }

    private static RetrievedPoint shown(RetrievedPoint point, boolean withPayload, boolean withVectors) {
        RetrievedPoint.Builder shown = point.toBuilder();
        if (!withPayload) {
            shown.clearPayload();
        }
        if (!withVectors) {
            shown.clearVectors();
        }
        return shown.build();
    }

    private <T> void reply(StreamObserver<T> answer, String collection, Function<QdrantDoublePoints, T> work) {
        QdrantDoublePoints points = collections.get(collection);
        try {
            if (points == null) {
                throw Status.NOT_FOUND
                        .withDescription("Not found: Collection `" + collection + "` doesn't exist!")
                        .asRuntimeException();
            }
            answer.onNext(work.apply(points));
            answer.onCompleted();
        } catch (StatusRuntimeException e) {
            answer.onError(e);
        }
    }
}
