package dev.lockstep.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Cost;
import dev.lockstep.monitor.StatusReport.Rehearsal;
import dev.lockstep.monitor.StatusReport.Rehearsal.Step;
import dev.lockstep.monitor.StatusReport.Rehearsal.Took;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RehearsalViewTest {

    /** Also what was not rehearsed to its end, or never would be, and what is not done yet. */
    @Test
    void eachStepIsHeldAgainstWhatWasExpectedOfIt() {
        Rehearsal rehearsal = RehearsalView.compare("""
                {"ok": false, "at": "2026-11-27T08:00:00Z", "copy": "jdbc:postgresql://spare/app", "forecast": [
                  {"phase": "expand", "rows": 0, "seconds": 1.5, "walBytes": 10},
                  {"phase": "backfill", "rows": 7, "seconds": null, "walBytes": null}]}
                """, Map.of("expand", new Cost(0, 2, 20)));
        assertThat(rehearsal.steps())
                .containsExactly(
                        new Step("expand", new Took(0, 1.5, 10L), new Took(0, 2.0, 20L)),
                        new Step("backfill", new Took(7, null, null), null),
                        new Step("verify", null, null),
                        new Step("cutover", null, null),
                        new Step("contract", null, null));
        assertThat(rehearsal.ok()).isFalse();
    }
}
