package dev.lockstep.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RangeSizeTest {

    @Test
    void growsTowardsTheWishedTimeAtMostTwofold() {
        RangeSize size = new RangeSize(Duration.ofMillis(200));
        size.took(64, Duration.ofMillis(1));
        assertThat(size.blocks()).isEqualTo(128);
        size.took(128, Duration.ofMillis(160));
        assertThat(size.blocks()).isEqualTo(160);
    }

    @Test
    void shrinksAndNeverReachesZero() {
        RangeSize size = new RangeSize(Duration.ofMillis(200));
        for (int i = 0; i < 20; i++) {
            size.took(size.blocks(), Duration.ofSeconds(10));
        }
        assertThat(size.blocks()).isEqualTo(1);
    }
}
