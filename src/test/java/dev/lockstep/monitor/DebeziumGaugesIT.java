package dev.lockstep.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class DebeziumGaugesIT {

    private final TestDatabase db = TestPostgres.database();

    /** They were there by name, and not a number: what read them had been collected. */
    @Test
    void theEnginesOwnMetricsAreNumbersWhileItStreams() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        new DebeziumGauges().bind(registry);
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, TestConfig.of(db, LegacySchema.PASCAL.spec()), new StoreAdapters())) {
            sidecar.start().awaitCaughtUp();
            System.gc();
            assertThat(registry.get("debezium.connected").gauge().value()).isEqualTo(1);
            assertThat(registry.get("debezium.queue.total.capacity").gauge().value())
                    .isGreaterThan(1000);
            assertThat(registry.get("debezium.queue.remaining.capacity").gauge().value())
                    .isGreaterThan(1000);
            assertThat(registry.get("debezium.max.queue.size.in.bytes").gauge().value())
                    .isPositive();
            assertThat(registry.get("debezium.current.queue.size.in.bytes")
                            .gauge()
                            .value())
                    .isNotNegative();
        }
    }
}
