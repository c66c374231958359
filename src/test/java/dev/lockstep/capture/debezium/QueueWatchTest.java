package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.DataChangeEvent;
import io.debezium.util.LoggingContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class QueueWatchTest {

    /** With an interval of zero it asked for the rest of a millisecond: a fifth of what an idle process did. */
    @Test
    void anEmptyQueueIsAskedOnceForEachPoll() throws Exception {
        Counted stock = new Counted();
        Counted ours = new Counted();
        for (int i = 0; i < 20; i++) {
            queue(stock, Duration.ZERO).poll();
            queue(ours, QueueWatch.NO_WAIT).poll();
        }
        assertThat(ours.asked).hasValueLessThanOrEqualTo(20 * Counted.FOR_EACH_LOOK);
        assertThat(stock.asked).as("else the cure is not needed any more").hasValueGreaterThan(ours.asked.get());
    }

    private static ChangeEventQueue<DataChangeEvent> queue(QueueProvider<DataChangeEvent> records, Duration interval) {
        return new ChangeEventQueue.Builder<DataChangeEvent>()
                .pollInterval(interval)
                .maxBatchSize(10)
                .maxQueueSize(20)
                .queueProvider(records)
                .loggingContextSupplier(() -> LoggingContext.forConnector("postgresql", "test", "streaming"))
                .build();
    }

    private static final class Counted implements QueueProvider<DataChangeEvent> {

        /** Its size, for the list, and once more to see whether there is anything. */
        static final int FOR_EACH_LOOK = 2;

        final AtomicInteger asked = new AtomicInteger();

        @Override
        public void configure(Map<String, ?> settings) {}

        @Override
        public String name() {
            return "counted";
        }

        @Override
        public void enqueue(DataChangeEvent record) {}

        @Override
        @SuppressWarnings("NullAway") // there is none
        public DataChangeEvent poll() {
            asked.incrementAndGet();
            return null;
        }

        @Override
        public int size() {
            asked.incrementAndGet();
            return 0;
        }
    }
}
