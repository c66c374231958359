package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.RowKey;
import dev.lockstep.verify.Suspects.Sighting;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SuspectsTest {

    private static final RowKey ROW = RowKey.of("1");

    @Test
    void theSameVersionAfterTheStreamHasPassedCounts() {
        Suspects suspects = new Suspects(Map.of(ROW, missing("v1")));
        suspects.look(Map.of(ROW, missing("v1")));
        assertThat(suspects.confirmed()).containsExactly(ROW);
        assertThat(suspects.missing()).isEqualTo(1);
        assertThat(suspects.waiting()).isEmpty();
    }

    @Test
    void aRowThatChangedMeanwhileIsLookedAtAgain() {
        Suspects suspects = new Suspects(Map.of(ROW, missing("v1")));
        suspects.look(Map.of(ROW, missing("v2")));
        assertThat(suspects.confirmed()).isEmpty();
        assertThat(suspects.waiting()).containsExactly(ROW);
        suspects.look(Map.of(ROW, missing("v2")));
        assertThat(suspects.confirmed()).containsExactly(ROW);
    }

    @Test
    void aRowThatCameIntoStepIsForgotten() {
        Suspects suspects = new Suspects(Map.of(ROW, missing("v1")));
        suspects.look(Map.of());
        assertThat(suspects.confirmed()).isEmpty();
        assertThat(suspects.waiting()).isEmpty();
    }

    @Test
    void withoutAStreamWhatWasSeenCounts() {
        Suspects suspects = new Suspects(Map.of(ROW, new Sighting(false, true, true, "v1")));
        suspects.confirmAll();
        assertThat(suspects.wrong()).isEqualTo(1);
        assertThat(suspects.hashWrong()).isEqualTo(1);
        assertThat(suspects.missing()).isZero();
    }

    private static Sighting missing(String version) {
        return new Sighting(true, false, false, version);
    }
}
