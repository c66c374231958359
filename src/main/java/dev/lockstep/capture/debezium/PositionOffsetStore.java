package dev.lockstep.capture.debezium;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Serves the stored position to the engine as its offset. The position is written with the rows, in the same database,
 * before the engine hears of it; so there is nothing to store for good here. What the engine sets has to be there to get all
 * the same: it is from here that the connector reads how far the slot may move.
 *
 * <p>The offset is {@code {lsn, lsn_commit}} without {@code lsn_proc}: the connector then asks for the stream from that
 * LSN and filters nothing out (FACTS, how rows get lost, 2).
 */
public final class PositionOffsetStore implements OffsetBackingStore {

    static final String START = "lockstep.start.lsn";

    private final Map<ByteBuffer, ByteBuffer> latest = new ConcurrentHashMap<>();
    private String start = "";

    /** Made by the engine, by name. */
    public PositionOffsetStore() {}

    /** The offset the engine finds, as the connector writes it. */
    static Map<String, Object> offset(long lsn) {
        return Map.of("lsn", lsn, "lsn_commit", lsn);
    }

    @Override
    public void configure(WorkerConfig config) {
        Object value = config.originals().get(START);
        if (value == null) {
            throw new IllegalStateException(START + " is not set");
        }
        start = value.toString();
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
        Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
        ByteBuffer first = ByteBuffer.wrap(
                ("{\"lsn\":" + start + ",\"lsn_commit\":" + start + "}").getBytes(StandardCharsets.UTF_8));
        keys.forEach(key -> found.put(key, latest.getOrDefault(key, first).duplicate()));
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, @Nullable Callback<Void> callback) {
        latest.putAll(values);
        if (callback != null) {
            callback.onCompletion(null, null);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }
}
