package dev.lockstep.capture.debezium;

import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.data.Envelope;
import io.debezium.pipeline.ConnectorEvent;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.OffsetContext;
import io.debezium.spi.schema.DataCollectionId;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.connect.data.Struct;

/**
 * Holds the stream's reader back while others want the processors. As soon as there is room in the queue, the reader and the
 * server's sender fill it as fast as they can, and each of them can take a processor. And what waits in a queue that is
 * never empty is what the garbage collector copies each time, on all processors at once: 25 to 60 ms of some thousand records.
 * Called by the reader, for each change.
 */
final class ReaderPace implements DataChangeEventListener<PostgresPartition> {

    /** At most a third of a processor. */
    static final long WORK_NANOS = Duration.ofMillis(1).toNanos();

    static final long REST_NANOS = Duration.ofMillis(2).toNanos();

    /** Records that wait to be taken, meanwhile, changes and transactions' ends: more would only lie there. */
    static final int ENOUGH = 512;

    /** What nobody takes for so long does not hold the reader up any further: it has to see that it is to end. */
    static final long LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final BooleanSupplier gentle;
    private final IntSupplier waiting;
    private final LongSupplier clock;
    private final LongConsumer rest;
    private long since;

    /**
     * @param waiting records that are read and not yet taken
     * @param clock nanoseconds
     * @param rest for so many of them
     */
    ReaderPace(BooleanSupplier gentle, IntSupplier waiting, LongSupplier clock, LongConsumer rest) {
        this.gentle = gentle;
        this.waiting = waiting;
        this.clock = clock;
        this.rest = rest;
        this.since = clock.getAsLong();
    }

    ReaderPace(BooleanSupplier gentle, IntSupplier waiting) {
        this(gentle, waiting, System::nanoTime, LockSupport::parkNanos);
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
        long began = clock.getAsLong();
        boolean due = began - since >= WORK_NANOS;
        while (due || waiting.getAsInt() > ENOUGH) {
            due = false;
            rest.accept(REST_NANOS);
            since = clock.getAsLong();
            if (!gentle.getAsBoolean()
                    || since - began >= LONGEST_NANOS
                    || Thread.currentThread().isInterrupted()) {
                return;
            }
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
