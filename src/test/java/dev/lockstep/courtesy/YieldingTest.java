package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class YieldingTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration WORK = Duration.ofMillis(100);

    @Test
    void doesNothingUpToHalfOfTheLimit() {
        assertThat(Yielding.rest(WORK, Duration.ZERO, LIMIT)).isEqualTo(Duration.ofSeconds(10));
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(7), LIMIT)).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void restsLongAtHalfOfTheLimitAndNotAtAllAtTheLimit() {
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(10), LIMIT)).isEqualTo(Duration.ofSeconds(4));
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(15), LIMIT)).isEqualTo(Duration.ofMillis(500));
        assertThat(Yielding.rest(WORK, LIMIT, LIMIT)).isZero();
        assertThat(Yielding.rest(WORK, Duration.ofHours(1), LIMIT)).isZero();
    }

    /** Whoever waits for the stream would take it to stand still. */
    @Test
    void aLargeLimitIsNoReasonToDoNothingForMinutes() {
        assertThat(Yielding.rest(WORK, Duration.ZERO, Duration.ofMinutes(10))).isEqualTo(Duration.ofSeconds(20));
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(20), Duration.ofMinutes(10)))
                .isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void neverRestsPastTheLimit() {
        assertThat(Yielding.rest(Duration.ofMinutes(1), Duration.ofSeconds(19), LIMIT))
                .isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aLimitOfNothingPutsNothingOff() {
        assertThat(Yielding.rest(WORK, Duration.ZERO, Duration.ZERO)).isZero();
    }

    @Test
    void aWorkOfNoTimeIsFollowedByARestAllTheSame() {
        assertThat(Yielding.rest(Duration.ZERO, Duration.ofSeconds(10), LIMIT)).isEqualTo(Duration.ofMillis(80));
    }

    /** With a balance at the limit itself, every jitter was answered with a whole batch, and writers stalled behind it. */
    @Test
    void whoHasToWorkHalfOfTheTimeDoesSoWellBelowTheLimit() {
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(17), LIMIT)).isGreaterThan(WORK);
        assertThat(Yielding.rest(WORK, Duration.ofMillis(17_200), LIMIT)).isLessThan(WORK);
    }

    @Test
    void aClockThatIsAheadIsNoLagAndNoLongerRest() {
        assertThat(Yielding.rest(WORK, Duration.ofSeconds(-20), LIMIT)).isEqualTo(Duration.ofSeconds(10));
    }

    /** It was taken for the difference of two clocks, and never caught up with. */
    @Test
    void aBacklogFromBeforeTheStartIsLag() {
        for (int second = 3600; second > 20; second -= 60) {
            assertThat(Yielding.rest(WORK, Duration.ofSeconds(second), LIMIT)).isZero();
        }
    }

    @Test
    void thePriorityIsLowUpToHalfOfTheLimitAndComesBackStepByStep() {
        assertThat(Yielding.steps(Duration.ofSeconds(-20), LIMIT)).isEqualTo(Yielding.STEPS);
        assertThat(Yielding.steps(Duration.ofSeconds(9), LIMIT)).isEqualTo(Yielding.STEPS);
        assertThat(Yielding.steps(Duration.ofSeconds(15), LIMIT)).isEqualTo(Yielding.STEPS / 2);
        assertThat(Yielding.steps(Duration.ofMillis(19_999), LIMIT)).isEqualTo(1);
        assertThat(Yielding.steps(LIMIT, LIMIT)).isZero();
        assertThat(Yielding.steps(Duration.ofHours(1), LIMIT)).isZero();
    }

    @Test
    void whoBearsNoLagHasTheStreamKeepItsPriority() {
        assertThat(Yielding.steps(Duration.ZERO, Duration.ZERO)).isZero();
    }
}
