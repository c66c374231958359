package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.EventDispatcher;
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
}
