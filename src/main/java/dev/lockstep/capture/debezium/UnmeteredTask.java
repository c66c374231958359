package dev.lockstep.capture.debezium;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import java.lang.reflect.Field;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stock task without its JMX metrics of single events. For each event the stock one builds a JSON mapper to print the
 * key of the "last event", and offers a lag to a queue that overflows; together they are more than a third of the
 * decoding. Nothing of ours reads them. It waits for changes by a {@link QueueWatch}. Made by the engine, by name.
 */
public final class UnmeteredTask extends PostgresConnectorTask {

    private static final Logger log = LoggerFactory.getLogger(UnmeteredTask.class);

    private @Nullable ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> metered;
    private @Nullable ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> pausing;
    private @Nullable QueueWatch watch;
    private @Nullable EngineHooks hooks;
    private boolean polled;

    @Override
    public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(Configuration config) {
        ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> coordinator = super.start(config);
        metered = coordinator;
        pausing = coordinator;
        EngineHooks offered = EngineHooks.of(config.getString("topic.prefix"));
        watch = QueueWatch.of(this, offered);
        hooks = offered;
        return coordinator;
    }

    /** With the first records the stream is open, and its listener, set by the coordinator, can be replaced for good. */
    @Override
    @SuppressWarnings("NullAway") // the stock task returns null when there is nothing
    public @Nullable List<SourceRecord> doPoll() throws InterruptedException {
        QueueWatch waits = watch;
        if (waits != null) {
            ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> constant = pausing;
            if (constant != null && ReaderPause.replace(constant, waits)) {
                pausing = null;
            }
            waits.await();
        }
        List<SourceRecord> records = super.doPoll();
        if (waits != null && records != null) {
            waits.took(records.size());
        }
        ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> coordinator = metered;
        EngineHooks told = hooks;
        if (told == null) {
            return records;
        }
        if (coordinator != null && records != null && !records.isEmpty()) {
            metered = null;
            listen(coordinator, new ReaderPace(told.gentle(), waits == null ? () -> 0 : waits::waiting));
        }
        if (!polled) {
            polled = true;
            told.polling().run();
        }
        return records;
    }

    /** Whether it could be done; if not, the stock metrics stay and cost time. */
    public static boolean silence(ChangeEventSourceCoordinator<?, ?> coordinator) {
        return listen(coordinator, DataChangeEventListener.NO_OP());
    }

    @SuppressWarnings("unchecked") // a task of PostgreSQL's has its partitions
    private static boolean listen(
            ChangeEventSourceCoordinator<?, ?> coordinator, DataChangeEventListener<PostgresPartition> listener) {
        try {
            Field field = ChangeEventSourceCoordinator.class.getDeclaredField("eventDispatcher");
            field.setAccessible(true);
            ((EventDispatcher<PostgresPartition, ?>) field.get(coordinator)).setEventListener(listener);
            return true;
        } catch (ReflectiveOperationException | RuntimeException e) {
            log.debug("Debezium's metrics of single events stay on", e);
            return false;
        }
    }
}
