package dev.lockstep.testing;

import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.value;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.grpc.ManagedChannelBuilder;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.WithPayloadSelectorFactory;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.slf4j.LoggerFactory;

/** An application's own use of a collection of a Qdrant server, ids being UUIDs. Shares nothing with the product. */
public final class QdrantApplication implements AutoCloseable {

    static { // it logs each failed call with its trace, and hands it on
        ((Logger) LoggerFactory.getLogger(QdrantClient.class)).setLevel(Level.OFF);
    }

    private final QdrantClient client;
    private final String collection;

    private QdrantApplication(QdrantClient client, String collection) {
        this.client = client;
        this.collection = collection;
    }

    /** Makes a collection. */
    public static QdrantApplication create(URI server, String collection) throws Exception {
        QdrantClient client = new QdrantClient(QdrantGrpcClient.newBuilder(
                        ManagedChannelBuilder.forAddress(server.getHost(), server.getPort())
                                .usePlaintext()
                                .build(),
                        true,
                        false)
                .build());
        client.createCollectionAsync(
                        collection,
                        VectorParams.newBuilder()
                                .setSize(2)
                                .setDistance(Distance.Euclid)
                                .build())
                .get();
        return new QdrantApplication(client, collection);
    }

    /** Embeds, or embeds again: the payload is the new one alone. */
    public void upsert(String point, Map<String, Object> payload) throws IOException, InterruptedException {
        Map<String, Value> values = new HashMap<>();
        payload.forEach((key, text) -> values.put(key, value(text.toString())));
        try {
            client.upsertAsync(
                            collection,
                            List.of(PointStruct.newBuilder()
                                    .setId(id(UUID.fromString(point)))
                                    .setVectors(VectorsFactory.vectors(0.25f, -0.5f))
                                    .putAllPayload(values)
                                    .build()))
                    .get();
        } catch (ExecutionException e) {
            throw new IOException(e);
        }
    }

    /** The payload of every point. */
    public Map<String, Map<String, Object>> points() throws Exception {
        Map<String, Map<String, Object>> points = new HashMap<>();
        ScrollPoints.Builder page = ScrollPoints.newBuilder()
                .setCollectionName(collection)
                .setLimit(500)
                .setWithPayload(WithPayloadSelectorFactory.enable(true));
        while (true) {
            ScrollResponse answer = client.scrollAsync(page.build()).get();
            for (RetrievedPoint point : answer.getResultList()) {
                Map<String, Object> payload = new HashMap<>();
                point.getPayloadMap().forEach((key, value) -> payload.put(key, value.getStringValue()));
                points.put(point.getId().getUuid(), payload);
            }
            if (!answer.hasNextPageOffset()) {
                return points;
            }
            page.setOffset(answer.getNextPageOffset());
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
