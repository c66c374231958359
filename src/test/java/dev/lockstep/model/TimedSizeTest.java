package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TimedSizeTest {

    @Test
    void growsTowardsTheWishedTimeAtMostTwofold() {
        TimedSize size = new TimedSize(Duration.ofMillis(200), 64, 1 << 16);
        size.took(64, Duration.ofMillis(1));
        assertThat(size.items()).isEqualTo(128);
        size.took(128, Duration.ofMillis(160));
        assertThat(size.items()).isEqualTo(160);
    }

    @Test
    void shrinksAndNeverReachesZero() {
        TimedSize size = new TimedSize(Duration.ofMillis(200), 64, 1 << 16);
        for (int i = 0; i < 20; i++) {
            size.took(size.items(), Duration.ofSeconds(10));
        }
        assertThat(size.items()).isEqualTo(1);
    }
}
