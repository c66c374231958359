package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.TableName;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RangeHashesTest {

    private static final TableName A = new TableName("s", "a");
    private static final TableName B = new TableName("s", "b");

    private final RangeHashes hashes = new RangeHashes();

    @Test
    void aTableWithoutBlocksHasNoRangeAndTheHashOfNothing() {
        assertThat(hashes.ranges()).isEmpty();
        assertThat(hashes.total()).isEqualTo("0");
    }

    @Test
    void rangesComeInOrderWhateverTheOrderInWhichTheyWereSeen() {
        hashes.add(B, 0, 10, 1, 5);
        hashes.add(A, 10, 20, 2, -7);
        hashes.add(A, 0, 10, 3, 9);
        assertThat(hashes.ranges())
                .containsExactly(
                        new RangeHashes.Range("s.a", 0, 10, 3, "9"),
                        new RangeHashes.Range("s.a", 10, 20, 2, "fffffffffffffff9"),
                        new RangeHashes.Range("s.b", 0, 10, 1, "5"));
        assertThat(hashes.total()).isEqualTo(Long.toHexString(9 ^ -7 ^ 5));
    }

    @Test
    void asManyAsAreKeptStayAsTheyAre() {
        fill(RangeHashes.MOST);
        assertThat(hashes.ranges()).hasSize(RangeHashes.MOST);
    }

    @Test
    void oneMoreIsPutTogetherWithItsNeighbourAndNothingIsLost() {
        fill(RangeHashes.MOST + 1);
        assertThat(hashes.ranges()).hasSize(RangeHashes.MOST / 2 + 1);
        assertThat(hashes.ranges().get(0)).isEqualTo(new RangeHashes.Range("s.a", 0, 20, 2, "1"));
        assertThat(hashes.ranges().get(RangeHashes.MOST / 2))
                .isEqualTo(new RangeHashes.Range(
                        "s.a",
                        RangeHashes.MOST * 10L,
                        RangeHashes.MOST * 10L + 10,
                        1,
                        Long.toHexString(RangeHashes.MOST)));
        assertThat(hashes.total())
                .isEqualTo(Long.toHexString(
                        LongStream.rangeClosed(0, RangeHashes.MOST).reduce(0, (a, b) -> a ^ b)));
        assertThat(hashes.ranges().stream().mapToLong(RangeHashes.Range::rows).sum())
                .isEqualTo(RangeHashes.MOST + 1);
    }

    private void fill(int ranges) {
        for (int i = ranges - 1; i >= 0; i--) {
            hashes.add(A, i * 10L, i * 10L + 10, 1, i);
        }
    }
}
