package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StreamWaitIT {

    private final TestDatabase db = TestPostgres.database();

    /** It waited for a minute, and then said that the stream stands still. */
    @Test
    @Timeout(30)
    void aPauseIsNamedAtOnce() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec());
                Connection connection = db.connect()) {
            db.execute("UPDATE " + sidecar.name() + ".control SET paused_at = now(), paused_by = 'test'");
            Lsn later = Lsn.parse("FFFF/0");
            assertThatThrownBy(() -> new StreamWait(sidecar.name(), new StopSignal()).passed(connection, later))
                    .hasMessageContaining("it is paused")
                    .hasMessageContaining("lockstep throttle --resume");
        }
    }
}
