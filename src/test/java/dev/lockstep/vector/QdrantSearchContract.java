package dev.lockstep.vector;

import static io.qdrant.client.ValueFactory.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Recall;
import dev.lockstep.vector.qdrant.QdrantSearch;
import io.grpc.ManagedChannelBuilder;
import io.qdrant.client.PointIdFactory;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.VectorFactory;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.Vectors;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What holds for a search in Qdrant, by whoever plays it. */
abstract class QdrantSearchContract extends RemoteSearchContract {

    private static final AtomicInteger COLLECTIONS = new AtomicInteger();

    private QdrantClient application;
    private String collection;

    /** The server's gRPC address. */
    abstract URI server();

    @Override
    SearchFixture fixture() throws Exception {
        application = new QdrantClient(QdrantGrpcClient.newBuilder(
                        ManagedChannelBuilder.forAddress(server().getHost(), server().getPort())
                                .usePlaintext()
                                .build(),
                        true,
                        false)
                .build());
        collection = "searched-" + COLLECTIONS.incrementAndGet();
        application
                .createCollectionAsync(collection, params(SearchFixture.DIMENSIONS, Distance.Cosine))
                .get();
        return new Fixture(application, server(), collection);
    }

    @AfterEach
    void endApplication() {
        if (application != null) {
            application.close();
        }
    }

    @Override
    VectorSearch at(int port, Duration timeout) {
        return new QdrantSearch(URI.create("http://127.0.0.1:" + port), "memories", null, null, timeout);
    }

    @Test
    void aQueryOfAnotherSizeIsAFailure() throws Exception {
        assertAQueryOfAnotherSizeIsAFailure();
    }

    @Test
    void aPointMayHaveNamedVectors() throws Exception {
        String named = collection + "-named";
        application
                .createCollectionAsync(
                        named, Map.of("text", params(2, Distance.Euclid), "image", params(2, Distance.Dot)))
                .get();
        application
                .upsertAsync(named, List.of(named(1, 0, 9, 1, 0), named(2, 3, 0, 5, 0), named(3, 9, 9, 3, 0)))
                .get();
        assertThat(nearest(named, "text")).containsExactly("2", "1", "3");
        assertThat(nearest(named, "image")).containsExactly("2", "3", "1");
    }

    private List<String> nearest(String named, String vector) {
        try (VectorSearch other = new QdrantSearch(server(), named, vector, null, SearchFixture.PATIENCE)) {
            return new StoreRecall(SearchFixture.TEXTS, other)
                    .points(new Recall<>(null, "ann", null, 10), 1, 0).stream()
                            .map(Point::id)
                            .toList();
        }
    }

    private static PointStruct named(long number, float x, float y, float u, float v) {
        return PointStruct.newBuilder()
                .setId(PointIdFactory.id(number))
                .setVectors(VectorsFactory.namedVectors(
                        Map.of("text", VectorFactory.vector(x, y), "image", VectorFactory.vector(u, v))))
                .putPayload("AgentId", value("ann"))
                .build();
    }

    private static VectorParams params(int size, Distance distance) {
        return VectorParams.newBuilder().setSize(size).setDistance(distance).build();
    }

    private record Fixture(QdrantClient application, URI server, String collection) implements SearchFixture {

        @Override
        public VectorSearch open() {
            return missing(collection);
        }

        @Override
        public VectorSearch missing(String name) {
            return new QdrantSearch(server, name, null, null, PATIENCE);
        }

        @Override
        public String id(int number) {
            return number % 2 == 0 ? String.valueOf(number) : new UUID(number, number).toString();
        }

        @Override
        public void add(List<Memory> memories) throws Exception {
            application
                    .upsertAsync(
                            collection, memories.stream().map(Fixture::struct).toList())
                    .get();
        }

        private static PointStruct struct(Memory memory) {
            Map<String, Value> values = new HashMap<>();
            memory.payload()
                    .forEach((key, plain) ->
                            values.put(key, plain instanceof Long number ? value(number) : value((String) plain)));
            Vectors embedding = VectorsFactory.vectors(memory.embedding());
            return PointStruct.newBuilder()
                    .setId(
                            memory.id().contains("-")
                                    ? PointIdFactory.id(UUID.fromString(memory.id()))
                                    : PointIdFactory.id(Long.parseLong(memory.id())))
                    .setVectors(embedding)
                    .putAllPayload(values)
                    .build();
        }
    }
}
