package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresStreamingChangeEventSource;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.util.DelayStrategy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class UnmeteredTaskTest {

    @Test
    void theStockConnectorMakesOurTask() {
        assertThat(new UnmeteredConnector().taskClass()).isEqualTo(UnmeteredTask.class);
    }

    /** A newer Debezium may have moved it: then its metrics cost a third of the decoding again, in silence. */
    @Test
    void theDispatcherIsWhereItIsLookedFor() throws Exception {
        assertThat(EventDispatcher.class)
                .isAssignableFrom(ChangeEventSourceCoordinator.class
                        .getDeclaredField("eventDispatcher")
                        .getType());
    }

    /** As above: then the engine's queue is in a busy loop for half of the time, in silence. */
    @Test
    void theQueueIsWhereItIsLookedFor() throws Exception {
        assertThat(PostgresConnectorTask.class.getDeclaredField("queue").getType())
                .isEqualTo(ChangeEventQueue.class);
        assertThat(ChangeEventQueue.class.getDeclaredField("pollInterval").getType())
                .isEqualTo(Duration.class);
    }

    /** As above: then an idle reader wakes up five hundred times a second, in silence. */
    @Test
    void thePauseOfTheReaderIsWhereItIsLookedFor() throws Exception {
        assertThat(PostgresStreamingChangeEventSource.class
                        .getDeclaredField("pauseNoMessage")
                        .getType())
                .isEqualTo(DelayStrategy.class);
    }
}
