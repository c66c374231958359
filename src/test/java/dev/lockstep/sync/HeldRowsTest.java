package dev.lockstep.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldRowsTest {

    private static final TableName TABLE = new TableName("public", "Messages");
    private static final RowKey ONE = RowKey.of("1");
    private static final RowKey TWO = RowKey.of("2");

    @Test
    void theOldestBatchThatNamedARowCounts() {
        HeldRows held = new HeldRows();
        held.hold(TABLE, List.of(ONE), 7);
        held.hold(TABLE, List.of(ONE, TWO), 9);
        assertThat(held.oldestBatch()).isEqualTo(7);
        held.done(TABLE, List.of(ONE));
        assertThat(held.oldestBatch()).isEqualTo(9);
        assertThat(held.contains(TABLE, TWO)).isTrue();
        held.done(TABLE, List.of(TWO));
        assertThat(held.oldestBatch()).isEqualTo(Long.MAX_VALUE);
        assertThat(held.size()).isZero();
    }

    @Test
    void aLaterTryKeepsTheFirstBatch() {
        HeldRows held = new HeldRows();
        held.hold(TABLE, List.of(ONE), 7);
        held.hold(TABLE, List.of(ONE), Long.MAX_VALUE);
        assertThat(held.oldestBatch()).isEqualTo(7);
    }

    @Test
    void aTruncatedTableHoldsNothing() {
        HeldRows held = new HeldRows();
        held.hold(TABLE, List.of(ONE, TWO), 7);
        held.clear(TABLE);
        assertThat(held.size()).isZero();
    }
}
