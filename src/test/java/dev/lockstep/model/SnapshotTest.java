package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotTest {

    /** The server's own pg_visible_in_snapshot is the model; the last rows are ids of other 32-bit epochs. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10:20:12,15 | 9 | true",
                "10:20:12,15 | 12 | false",
                "10:20:12,15 | 13 | true",
                "10:20:12,15 | 20 | false",
                "733:733: | 733 | false", // held back as the newest: not in the list, and not finished
                "733:733: | 732 | true",
                "733:733: | 740 | false",
                "4294967301:4294967310:4294967305 | 4294967295 | true", // the last id of the epoch before
                "4294967301:4294967310:4294967305 | 9 | false", // 4294967305 without its epoch
                "4294967301:4294967310:4294967305 | 8 | true",
                "4294967290:4294967295:4294967292 | 2 | false", // the next epoch has begun
            })
    void seesWhatIsFinished(String snapshot, long xid32, boolean seen) {
        assertThat(Snapshot.parse(snapshot).sees(xid32)).isEqualTo(seen);
    }

    @ParameterizedTest
    @CsvSource({
        "4294967310, 4294967295, 4294967295", // the last id of the epoch before
        "4294967310, 20, 4294967316",
        "4294967290, 2, 4294967298", // the next epoch has begun
    })
    void widens(long near, long xid32, long xid) {
        assertThat(Snapshot.widen(near, xid32)).isEqualTo(xid);
    }
}
