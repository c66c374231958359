package dev.lockstep.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VerdictTest {

    private static final Limits STANDARD = new Limits(Map.of());

    @ParameterizedTest
    @EnumSource(Signal.class)
    void eachSignalAloneSlowsDownBeyondItsLimitAndStopsBeyondTwice(Signal signal) {
        double limit = signal.standard();
        assertThat(Verdict.of(Map.of(signal, limit), STANDARD)).isEqualTo(Verdict.FREE);
        assertThat(Verdict.of(Map.of(signal, limit * 1.01), STANDARD))
                .isEqualTo(new Verdict(Verdict.Level.SLOW, signal));
        assertThat(Verdict.of(Map.of(signal, limit * 2), STANDARD)).isEqualTo(new Verdict(Verdict.Level.SLOW, signal));
        assertThat(Verdict.of(Map.of(signal, limit * 2.01), STANDARD))
                .isEqualTo(new Verdict(Verdict.Level.STOPPED, signal));
    }

    @Test
    void theSignalFurthestBeyondItsLimitIsNamed() {
        Map<Signal, Double> values = Map.of(Signal.LOCK_WAITS, 3.0, Signal.ACTIVE_SESSIONS, 640.0);
        assertThat(Verdict.of(values, STANDARD)).isEqualTo(new Verdict(Verdict.Level.STOPPED, Signal.ACTIVE_SESSIONS));
    }

    @Test
    void aLimitOfNoneStopsAtTheFirstOne() {
        Limits none = Limits.of(Map.of("lockWaits", 0.0));
        assertThat(Verdict.of(Map.of(Signal.LOCK_WAITS, 0.0), none)).isEqualTo(Verdict.FREE);
        assertThat(Verdict.of(Map.of(Signal.LOCK_WAITS, 1.0), none).level()).isEqualTo(Verdict.Level.STOPPED);
    }

    @Test
    void whatIsNotKnownSaysNothing() {
        assertThat(Verdict.of(Map.of(), STANDARD)).isEqualTo(Verdict.FREE);
    }

    @Test
    void aWrongLimitIsRefusedWithItsName() {
        assertThatThrownBy(() -> Limits.of(Map.of("lokWaits", 1.0)))
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("no signal lokWaits")
                .hasMessageContaining("lockWaits, streamLagSeconds");
        for (double wrong : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Limits.of(Map.of("lockWaits", wrong))).hasMessageContaining("limit of lockWaits");
        }
    }
}
