package dev.lockstep.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.backfill.RangeQueue.Range;
import org.junit.jupiter.api.Test;

class RangeQueueTest {

    @Test
    void coversEveryBlockOnce() {
        RangeQueue queue = new RangeQueue(3, 10);
        assertThat(queue.take(4)).contains(new Range(3, 7));
        assertThat(queue.take(4)).contains(new Range(7, 10));
        assertThat(queue.take(4)).isEmpty();
    }

    @Test
    void theCursorNeverPassesARangeThatIsNotDone() {
        RangeQueue queue = new RangeQueue(0, 30);
        Range first = queue.take(10).orElseThrow();
        Range second = queue.take(10).orElseThrow();
        assertThat(queue.doneAfter(second)).isZero();
        queue.finished(second);
        assertThat(queue.done()).isZero();
        assertThat(queue.doneAfter(first)).isEqualTo(20);
        queue.finished(first);
        assertThat(queue.done()).isEqualTo(20);
    }

    @Test
    void anEmptyTableIsDone() {
        assertThat(new RangeQueue(0, 0).take(8)).isEmpty();
    }
}
