package dev.lockstep.capture.debezium;

import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.data.Envelope;
import io.debezium.pipeline.ConnectorEvent;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.OffsetContext;
import io.debezium.spi.schema.DataCollectionId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Holds the stream's reader back while others want the processors. As soon as there is room in the queue, the reader and the
 * server's sender fill it as fast as they can, and each of them can take a processor.
 * Called by the reader, for each change; made by the engine, which knows it by a name.
 */
final class ReaderPace implements DataChangeEventListener<PostgresPartition> {

    /** A fifth of a processor: some 16,000 changes a second. */
    static final long WORK_NANOS = Duration.ofMillis(2).toNanos();

    static final long REST_NANOS = Duration.ofMillis(8).toNanos();

    private static final Map<String, BooleanSupplier> GENTLE = new ConcurrentHashMap<>();

    private final BooleanSupplier gentle;
    private final LongSupplier clock;
    private final LongConsumer rest;
    private long since;

    /**
     * @param clock nanoseconds
     * @param rest for so many of them
     */
    ReaderPace(BooleanSupplier gentle, LongSupplier clock, LongConsumer rest) {
        this.gentle = gentle;
        this.clock = clock;
        this.rest = rest;
        this.since = clock.getAsLong();
    }

    /** To be taken by the task of the engine of that name. */
    static void offer(String engine, BooleanSupplier gentle) {
        GENTLE.put(engine, gentle);
    }

    static void withdraw(String engine) {
        GENTLE.remove(engine);
    }

    /** Never holds back where nothing was offered. */
    static ReaderPace of(@Nullable String engine) {
        BooleanSupplier never = () -> false;
        return new ReaderPace(
                engine == null ? never : GENTLE.getOrDefault(engine, never), System::nanoTime, LockSupport::parkNanos);
    }

    @Override
    public void onEvent(
            PostgresPartition partition,
            DataCollectionId source,
            OffsetContext offset,
            Object key,
            Struct value,
            Envelope.Operation operation) {
        if (!gentle.getAsBoolean()) {
            return;
        }
        if (clock.getAsLong() - since >= WORK_NANOS) {
            rest.accept(REST_NANOS);
            since = clock.getAsLong();
        }
    }

    @Override
    public void onFilteredEvent(PostgresPartition partition, String event) {}

    @Override
    public void onFilteredEvent(PostgresPartition partition, String event, Envelope.Operation operation) {}

    @Override
    public void onErroneousEvent(PostgresPartition partition, String event) {}

    @Override
    public void onErroneousEvent(PostgresPartition partition, String event, Envelope.Operation operation) {}

    @Override
    public void onConnectorEvent(PostgresPartition partition, ConnectorEvent event) {}
}
