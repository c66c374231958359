package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class HeldOffsetsTest {

    private static final TableName TABLE = new TableName("public", "Messages");
    private static final TopicPartition ONE = new TopicPartition("t", 1);
    private static final TopicPartition TWO = new TopicPartition("t", 2);
    private static final RowKey A = RowKey.of("a");
    private static final RowKey B = RowKey.of("b");

    private final HeldOffsets offsets = new HeldOffsets();

    @Test
    void aHeldRowHoldsBackItsPartitionAloneUntilItIsFree() {
        offsets.update(Map.of(TABLE, List.of(A)), List.of(at(A, ONE, 10), at(A, ONE, 11), at(B, TWO, 5)));
        assertThat(safe(20, 20)).containsExactly(10L, 20L);
        offsets.update(Map.of(TABLE, List.of(A)), List.of(at(A, ONE, 15)));
        assertThat(safe(20, 20)).containsExactly(10L, 20L);
        offsets.update(Map.of(), List.of());
        assertThat(safe(20, 20)).containsExactly(20L, 20L);
    }

    @Test
    void aRowThatNoRecordNamesHoldsBackAll() {
        offsets.update(Map.of(TABLE, List.of(RowKey.of("follows"))), List.of(at(A, ONE, 10), at(B, TWO, 5)));
        assertThat(safe(20, 20)).containsExactly(10L, 5L);
    }

    @Test
    void aPartitionThatWentAwayIsForgotten() {
        offsets.update(Map.of(TABLE, List.of(A)), List.of(at(A, ONE, 10)));
        offsets.forget(List.of(ONE));
        assertThat(safe(20, 20)).containsExactly(20L, 20L);
    }

    private List<Long> safe(long one, long two) {
        Map<TopicPartition, OffsetAndMetadata> safe =
                offsets.safe(Map.of(ONE, new OffsetAndMetadata(one), TWO, new OffsetAndMetadata(two)));
        return List.of(safe.get(ONE).offset(), safe.get(TWO).offset());
    }

    private static Arrived at(RowKey key, TopicPartition partition, long offset) {
        return new Arrived(
                new RowChange(TABLE, RowChange.Op.UPDATE, key, null, null, 1, Lsn.ZERO, Instant.EPOCH),
                partition,
                offset);
    }
}
