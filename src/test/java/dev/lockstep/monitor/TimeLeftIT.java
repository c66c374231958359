package dev.lockstep.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TimeLeftIT {

    private final TestDatabase db = TestPostgres.database();

    /** A quarter in a hundred seconds: three hundred for what is left. Of a scan that has not begun nothing is known. */
    @Test
    void whatIsLeftOfAScanIsTimedByItsPaceSoFar() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            db.execute("UPDATE " + sidecar.name() + ".scan SET state = 'running', next_block = 25, end_block = 100,"
                    + " started_at = now() - interval '100 s', updated_at = now() WHERE table_name = 'Messages'");
            Map<String, Optional<Double>> left =
                    StatusReader.once(sidecar.lockstep(), sidecar.config()).backfill().stream()
                            .collect(Collectors.toMap(
                                    StatusReport.Backfill::table, b -> Optional.ofNullable(b.secondsLeft())));
            assertThat(left.get("public.Conversations")).isEmpty();
            assertThat(left.get("public.Messages").orElseThrow()).isEqualTo(300, offset(0.01));
        }
    }
}
