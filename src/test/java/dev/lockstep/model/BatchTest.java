package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchTest {

    private static final List<RowChange> TEN =
            IntStream.range(0, 10).mapToObj(BatchTest::change).toList();

    /** Transactions of three, one and four changes; two more are of one that is still open. */
    private final Batch batch = new Batch(TEN, lsn(8), List.of("heartbeat"), List.of(commit(3), commit(4), commit(8)));

    @Test
    void aHeadEndsWithTheLastTransactionThatFits() {
        Batch head = batch.head(7);
        assertThat(head.changes()).isEqualTo(TEN.subList(0, 4));
        assertThat(head.boundary()).isEqualTo(lsn(4));
        assertThat(head.commits()).containsExactly(commit(3), commit(4));
        assertThat(head.heartbeats()).as("sent after all of it").isEmpty();

        Batch after = batch.after(head);
        assertThat(after.changes()).isEqualTo(TEN.subList(4, 10));
        assertThat(after.boundary()).isEqualTo(lsn(8));
        assertThat(after.commits()).containsExactly(new Batch.Commit(4, lsn(8)));
        assertThat(after.heartbeats()).containsExactly("heartbeat");
    }

    @Test
    void aTransactionThatDoesNotFitIsCutAndClosesNothing() {
        Batch head = batch.head(2);
        assertThat(head.changes()).isEqualTo(TEN.subList(0, 2));
        assertThat(head.boundary()).isNull();
        assertThat(head.commits())
                .as("where it was committed, all the same")
                .containsExactly(new Batch.Commit(2, lsn(3)));
        assertThat(batch.after(head).commits())
                .containsExactly(new Batch.Commit(1, lsn(3)), new Batch.Commit(2, lsn(4)), new Batch.Commit(6, lsn(8)));
    }

    @Test
    void aTransactionWhoseEndIsNotKnownYetHasNoCommit() {
        assertThat(batch.after(batch.head(8)).head(1).commits()).isEmpty();
    }

    @Test
    void whatFitsIsLeftWhole() {
        assertThat(batch.head(10)).isSameAs(batch);
        assertThat(batch.head(1_000)).isSameAs(batch);
    }

    /** A boundary may lie behind the last transaction: it is that of the end, and of nothing before. */
    @Test
    void theBoundaryOfTheEndStaysThere() {
        Batch quiet = new Batch(TEN, lsn(99), List.of("heartbeat"), List.of(commit(10)));
        Batch head = quiet.head(9);
        assertThat(head.boundary()).isNull();
        assertThat(quiet.after(head).boundary()).isEqualTo(lsn(99));
    }

    @Test
    void piecesOfAnySizeAreAllOfItInOrder() {
        for (int most = 1; most <= 10; most++) {
            List<RowChange> seen = new ArrayList<>();
            Set<Lsn> commits = new LinkedHashSet<>();
            Batch rest = batch;
            while (true) {
                Batch piece = rest.head(most);
                assertThat(piece.changes()).hasSizeLessThanOrEqualTo(most);
                seen.addAll(piece.changes());
                piece.commits().forEach(c -> commits.add(c.lsn()));
                if (piece.changes().size() == rest.changes().size()) {
                    break;
                }
                rest = rest.after(piece);
            }
            assertThat(seen).isEqualTo(TEN);
            assertThat(commits).containsExactly(lsn(3), lsn(4), lsn(8));
        }
    }

    private static RowChange change(int number) {
        return new RowChange(
                new TableName("public", "Messages"),
                RowChange.Op.INSERT,
                new RowKey(List.of(Integer.toString(number))),
                null,
                null,
                1,
                lsn(number),
                Instant.EPOCH);
    }

    private static Batch.Commit commit(int end) {
        return new Batch.Commit(end, lsn(end));
    }

    private static Lsn lsn(int value) {
        return new Lsn(value);
    }
}
