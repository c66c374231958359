package dev.lockstep.throttle;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Control;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds a snapshot does not wait for ever: it would be what fills the disk. */
class LongStopIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void aVerificationThatIsStoppedForLongGivesItsSnapshotBack() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec());
                Connection connection = db.connect()) {
            db.execute("UPDATE " + sidecar.name() + ".position SET commit_time = now() - interval '100 s'; UPDATE "
                    + sidecar.name() + ".lease SET expires_at = now() + interval '1 h'");
            Handles.tell(
                    connection,
                    handle -> new Control(sidecar.name()).setLimits(handle, Map.of("streamLagSeconds", 1.0)));
            Throttle throttle = new Throttle(
                    sidecar.lockstep(),
                    sidecar.name(),
                    "a test",
                    "the verification",
                    Duration.ZERO,
                    new StopSignal(),
                    Duration.ofMillis(1));
            assertThatThrownBy(() -> throttle.step(Duration.ZERO))
                    .isInstanceOf(LockstepException.class)
                    .hasMessageContaining("the verification was stopped for")
                    .hasMessageContaining("by streamLagSeconds, longer than it keeps a snapshot")
                    .hasMessageContaining("lockstep throttle --set streamLagSeconds=LIMIT");
        }
    }
}
