package dev.lockstep.capture.debezium;

import io.debezium.connector.postgresql.PostgresStreamingChangeEventSource;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.util.DelayStrategy;
import java.lang.reflect.Field;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pause of the stream's reader when there was nothing to read: as long as a {@link QueueWatch} finds fit. */
final class ReaderPause implements DelayStrategy {

    private static final Logger log = LoggerFactory.getLogger(ReaderPause.class);

    private final QueueWatch watch;

    private ReaderPause(QueueWatch watch) {
        this.watch = watch;
    }

    /** Puts it in the place of the constant one; false while there is no reader yet. If it cannot be done, that one stays. */
    static boolean replace(ChangeEventSourceCoordinator<?, ?> coordinator, QueueWatch watch) {
        Optional<?> reader = coordinator.getStreamingSource();
        if (reader.isEmpty()) {
            return false;
        }
        try {
            Field field = PostgresStreamingChangeEventSource.class.getDeclaredField("pauseNoMessage");
            field.setAccessible(true);
            field.set(reader.get(), new ReaderPause(watch));
        } catch (ReflectiveOperationException | RuntimeException e) {
            log.debug("the reader pauses by itself", e);
        }
        return true;
    }

    /** An interrupt stays set: the reader looks at it. */
    @Override
    public boolean sleepWhen(boolean criteria) {
        if (criteria) {
            watch.restWhileSilent();
        }
        return criteria;
    }
}
