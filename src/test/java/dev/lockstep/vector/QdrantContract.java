package dev.lockstep.vector;

import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.vector.qdrant.QdrantStore;
import io.grpc.ManagedChannelBuilder;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What holds for Qdrant, by whoever plays it. */
abstract class QdrantContract extends RemoteStoreContract {

    private static final AtomicInteger COLLECTIONS = new AtomicInteger();

    private QdrantClient application;

    /** The server's gRPC address. */
    abstract URI server();

    @Override
    StoreFixture fixture() throws Exception {
        URI server = server();
        application = new QdrantClient(QdrantGrpcClient.newBuilder(
                        ManagedChannelBuilder.forAddress(server.getHost(), server.getPort())
                                .usePlaintext()
                                .build(),
                        true,
                        false)
                .build());
        String collection = "memories-" + COLLECTIONS.incrementAndGet();
        application
                .createCollectionAsync(
                        collection,
                        VectorParams.newBuilder()
                                .setSize(2)
                                .setDistance(Distance.Euclid)
                                .build())
                .get();
        return new Fixture(application, server, collection);
    }

    @AfterEach
    void endApplication() {
        if (application != null) {
            application.close();
        }
    }

    @Override
    VectorStore at(int port, Duration timeout) {
        return new QdrantStore(URI.create("http://127.0.0.1:" + port), "memories", null, timeout);
    }

    @Override
    void applicationEnds() throws Exception {
        application.close();
        Await.until("gRPC has no threads", () -> threads().isEmpty());
    }

    @Test
    void idsAreUuidsAndNumbers() throws Exception {
        List<String> ids = List.of("0", "7", "18446744073709551615", "018f4e6e-7b1a-7c3d-8e4f-5a6b7c8d9e0f");
        fixture.add(ids.stream().map(one -> new Point(one, Map.of("text", "x"))).toList());
        assertThat(store.scroll(new Selection.Ids(Set.copyOf(ids)), null, 10).points())
                .extracting(Point::id)
                .containsExactlyInAnyOrderElementsOf(ids);
    }

    private record Fixture(QdrantClient application, URI server, String collection) implements StoreFixture {

        @Override
        public VectorStore open() {
            return missing(collection);
        }

        @Override
        public VectorStore missing(String name) {
            return new QdrantStore(server, name, null, PATIENCE);
        }

        @Override
        public List<String> ids(int count) {
            return IntStream.range(0, count)
                    .mapToObj(i -> i % 2 == 0 ? String.valueOf(i) : new UUID(i, i).toString())
                    .toList();
        }

        @Override
        public List<String> oddIds() {
            return List.of("0", "18446744073709551615", new UUID(0, 0).toString(), new UUID(-1, -1).toString());
        }

        @Override
        public void add(List<Point> points) throws Exception {
            application
                    .upsertAsync(
                            collection,
                            points.stream()
                                    .map(point -> PointStruct.newBuilder()
                                            .setId(pointId(point.id()))
                                            .setVectors(VectorsFactory.vectors(0.25f, -0.5f))
                                            .putAllPayload(values(point.payload()))
                                            .build())
                                    .toList())
                    .get();
        }

        @Override
        public String embedding(String point) throws Exception {
            return application
                    .retrieveAsync(collection, List.of(pointId(point)), false, true, null)
                    .get()
                    .get(0)
                    .getVectors()
                    .toString();
        }

        private static PointId pointId(String text) {
            return text.contains("-") ? id(UUID.fromString(text)) : id(Long.parseUnsignedLong(text));
        }

        private static Map<String, Value> values(Map<String, Object> payload) {
            Map<String, Value> values = new HashMap<>();
            payload.forEach((key, plain) -> values.put(
                    key,
                    plain instanceof Long number
                            ? value(number)
                            : plain instanceof Double fraction
                                    ? value(fraction)
                                    : plain instanceof Boolean truth ? value(truth) : value((String) plain)));
            return values;
        }
    }
}
