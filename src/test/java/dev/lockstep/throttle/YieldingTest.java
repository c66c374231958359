package dev.lockstep.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class YieldingTest {

    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final Duration WORK = Duration.ofMillis(100);

    private final Yielding yielding = new Yielding();

    @Test
    void restsLongWhereNothingLagsAndNotAtAllAtTheLimit() {
        assertThat(yielding.rest(WORK, Duration.ZERO, LIMIT)).isEqualTo(Duration.ofSeconds(4));
        assertThat(yielding.rest(WORK, Duration.ofMillis(7_500), LIMIT)).isEqualTo(Duration.ofSeconds(2));
        assertThat(yielding.rest(WORK, LIMIT, LIMIT)).isZero();
        assertThat(yielding.rest(WORK, Duration.ofHours(1), LIMIT)).isZero();
    }

    @Test
    void neverRestsPastTheLimit() {
        assertThat(yielding.rest(Duration.ofMinutes(1), Duration.ofSeconds(14), LIMIT))
                .isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aLimitOfNothingPutsNothingOff() {
        assertThat(yielding.rest(WORK, Duration.ZERO, Duration.ZERO)).isZero();
    }

    @Test
    void aWorkOfNoTimeIsFollowedByARestAllTheSame() {
        assertThat(yielding.rest(Duration.ZERO, Duration.ZERO, LIMIT)).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void clocksThatDisagreeAreNoLag() {
        Duration hourBehind = Duration.ofHours(1);

        assertThat(yielding.lag(hourBehind)).as("nothing else is known yet").isZero();
        assertThat(yielding.lag(hourBehind.plusSeconds(3))).isEqualTo(Duration.ofSeconds(3));
        assertThat(yielding.lag(hourBehind.minusSeconds(2))).isZero();
        assertThat(yielding.lag(hourBehind)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aServersClockThatIsAheadIsNoLagEither() {
        assertThat(yielding.lag(Duration.ofSeconds(-20))).isZero();
        assertThat(yielding.lag(Duration.ofSeconds(-15))).isEqualTo(Duration.ofSeconds(5));
    }
}
