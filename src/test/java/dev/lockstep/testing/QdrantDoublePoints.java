package dev.lockstep.testing;

import io.grpc.Status;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Collections.VectorsConfig;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.Match;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.NamedVectorsOutput;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScoredPoint;
import io.qdrant.client.grpc.Points.Vector;
import io.qdrant.client.grpc.Points.VectorOutput;
import io.qdrant.client.grpc.Points.Vectors;
import io.qdrant.client.grpc.Points.VectorsOutput;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** One collection of {@link QdrantDouble}: numbers come before UUIDs. Thread-safe. */
final class QdrantDoublePoints {

    private final NavigableMap<PointId, RetrievedPoint> points = new TreeMap<>(Comparator.comparing(PointId::hasUuid)
            .thenComparing(PointId::getNum, Long::compareUnsigned)
            .thenComparing(PointId::getUuid));
    private final VectorsConfig config;

    QdrantDoublePoints(VectorsConfig config) {
        this.config = config;
    }

    synchronized void upsert(List<PointStruct> added) {
        for (PointStruct point : added) {
            points.put(
                    canonical(point.getId()),
                    RetrievedPoint.newBuilder()
                            .setId(canonical(point.getId()))
                            .putAllPayload(point.getPayloadMap())
                            .setVectors(output(point.getVectors()))
                            .build());
        }
    }

    synchronized List<RetrievedPoint> get(Collection<PointId> ids) {
        return ids.stream()
                .map(id -> points.get(canonical(id)))
                .filter(Objects::nonNull)
                .toList();
    }

    /** Those that pass the filter, from {@code first} on if there is one. */
    synchronized List<RetrievedPoint> from(PointId first, Filter filter) {
        return (first == null ? points : points.tailMap(canonical(first), true))
                .values().stream().filter(point -> passes(filter, point)).toList();
    }

    /** All that pass the filter and have the vector, best first, as Qdrant's exact search has them. */
    synchronized List<ScoredPoint> nearest(List<Float> query, String vector, Filter filter) {
        VectorParams params = vector.isEmpty()
                ? config.getParams()
                : config.getParamsMap().getMapOrDefault(vector, VectorParams.getDefaultInstance());
        if (params.getSize() != query.size()) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("Wrong input: Vector dimension error: expected dim: " + params.getSize() + ", got "
                            + query.size())
                    .asRuntimeException();
        }
        QdrantDoubleScore score = QdrantDoubleScore.of(params.getDistance());
        return from(null, filter).stream()
                .filter(point ->
                        vector.isEmpty() || point.getVectors().getVectors().containsVectors(vector))
                .map(point -> ScoredPoint.newBuilder()
                        .setId(point.getId())
                        .putAllPayload(point.getPayloadMap())
                        .setScore(
                                score.of(query, vector(point, vector).getDense().getDataList()))
                        .build())
                .sorted(score.bestFirst())
                .toList();
    }

    private static VectorOutput vector(RetrievedPoint point, String name) {
        return name.isEmpty()
                ? point.getVectors().getVector()
                : point.getVectors().getVectors().getVectorsOrThrow(name);
    }

    private static VectorsOutput output(Vectors vectors) {
        if (!vectors.hasVectors()) {
            return VectorsOutput.newBuilder()
                    .setVector(output(vectors.getVector()))
                    .build();
        }
        NamedVectorsOutput.Builder named = NamedVectorsOutput.newBuilder();
        vectors.getVectors().getVectorsMap().forEach((name, vector) -> named.putVectors(name, output(vector)));
        return VectorsOutput.newBuilder().setVectors(named).build();
    }

    private static VectorOutput output(Vector vector) {
        return VectorOutput.newBuilder().setDense(vector.getDense()).build();
    }

    synchronized void apply(PointsUpdateOperation operation) {
        switch (operation.getOperationCase()) {
            case SET_PAYLOAD -> {
                PointsUpdateOperation.SetPayload set = operation.getSetPayload();
                change(set.getPointsSelector(), point -> point.putAllPayload(set.getPayloadMap()));
            }
            case DELETE_PAYLOAD -> {
                PointsUpdateOperation.DeletePayload unset = operation.getDeletePayload();
                change(unset.getPointsSelector(), point -> {
                    unset.getKeysList().forEach(path -> point.removePayload(key(path)));
                    return point;
                });
            }
            case DELETE_POINTS ->
                operation.getDeletePoints().getPoints().getPoints().getIdsList().stream()
                        .map(QdrantDoublePoints::canonical)
                        .forEach(points::remove);
            default ->
                throw Status.UNIMPLEMENTED
                        .withDescription("the double has no " + operation.getOperationCase())
                        .asRuntimeException();
        }
    }

    /** A point that is not there is an error, as in Qdrant's {@code check_unprocessed_points}. */
    private void change(PointsSelector selector, UnaryOperator<RetrievedPoint.Builder> how) {
        for (PointId id : selector.getPoints().getIdsList()) {
            if (points.computeIfPresent(
                            canonical(id),
                            (same, point) -> how.apply(point.toBuilder()).build())
                    == null) {
                throw Status.NOT_FOUND
                        .withDescription("Not found: No point with id " + id + " found")
                        .asRuntimeException();
            }
        }
    }

    private static boolean passes(Filter filter, RetrievedPoint point) {
        return filter.getMustList().stream().allMatch(condition -> holds(condition, point))
                && filter.getMustNotList().stream().noneMatch(condition -> holds(condition, point))
                && (filter.getShouldCount() == 0
                        || filter.getShouldList().stream().anyMatch(condition -> holds(condition, point)));
    }

    private static boolean holds(Condition condition, RetrievedPoint point) {
        Match match = condition.getField().getMatch();
        Value value =
                point.getPayloadMap().getOrDefault(key(condition.getField().getKey()), Value.getDefaultInstance());
        return switch (match.getMatchValueCase()) {
            case KEYWORD -> value.hasStringValue() && value.getStringValue().equals(match.getKeyword());
            case KEYWORDS ->
                value.hasStringValue() && match.getKeywords().getStringsList().contains(value.getStringValue());
            case INTEGER -> value.hasIntegerValue() && value.getIntegerValue() == match.getInteger();
            case INTEGERS ->
                value.hasIntegerValue() && match.getIntegers().getIntegersList().contains(value.getIntegerValue());
            default ->
                throw Status.UNIMPLEMENTED
                        .withDescription("the double has no " + match.getMatchValueCase())
                        .asRuntimeException();
        };
    }

    /** The key that a path means; the double has no keys inside keys. */
    private static String key(String path) {
        if (path.matches("[\\p{Alnum}_-]+")) {
            return path;
        }
        if (path.matches("\"[^\"]+\"")) {
            return path.substring(1, path.length() - 1);
        }
        throw Status.INVALID_ARGUMENT
                .withDescription("the double takes no path into a payload: " + path)
                .asRuntimeException();
    }

    private static PointId canonical(PointId id) {
        return id.hasUuid()
                ? PointId.newBuilder()
                        .setUuid(UUID.fromString(id.getUuid()).toString())
                        .build()
                : id;
    }
}
