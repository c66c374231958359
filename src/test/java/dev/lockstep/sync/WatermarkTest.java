package dev.lockstep.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Lsn;
import dev.lockstep.sync.Watermark.Boundary;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class WatermarkTest {

    private static final long NONE_HELD = Long.MAX_VALUE;

    @Test
    void withNothingHeldTheLastBoundaryIsSafe() {
        Watermark watermark = new Watermark();
        watermark.closed(1, boundary(10));
        watermark.closed(2, boundary(20));
        assertThat(watermark.advance(NONE_HELD)).isEqualTo(boundary(20));
    }

    @Test
    void neverPassesABatchWithAWaitingRow() {
        Watermark watermark = new Watermark();
        watermark.closed(1, boundary(10));
        watermark.closed(2, boundary(20));
        watermark.closed(3, boundary(30));
        assertThat(watermark.advance(2)).isEqualTo(boundary(10));
        assertThat(watermark.advance(2)).isEqualTo(boundary(10));
        assertThat(watermark.advance(NONE_HELD)).isEqualTo(boundary(30));
    }

    @Test
    void aTransactionThatSpansBatchesMovesNothingUntilItsEnd() {
        Watermark watermark = new Watermark();
        watermark.closed(1, boundary(10));
        // batches 2 and 3 close no transaction
        assertThat(watermark.advance(NONE_HELD)).isEqualTo(boundary(10));
        watermark.closed(4, boundary(40));
        assertThat(watermark.advance(3)).isEqualTo(boundary(10));
    }

    @Test
    void beforeTheFirstBoundaryNothingIsSafe() {
        assertThat(new Watermark().advance(NONE_HELD)).isNull();
    }

    private static Boundary boundary(long lsn) {
        return new Boundary(new Lsn(lsn), Instant.EPOCH);
    }
}
