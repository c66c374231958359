package dev.lockstep.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BatchAssemblerTest {

    @Test
    void theBoundaryIsTheLastEnd() {
        BatchAssembler batch = new BatchAssembler();
        batch.begin();
        batch.change(change());
        batch.end(new Lsn(10));
        batch.begin();
        batch.change(change());
        Batch taken = batch.take();
        assertThat(taken.changes()).hasSize(2);
        assertThat(taken.boundary()).isEqualTo(new Lsn(10));
    }

    @Test
    void theMiddleOfATransactionHasNoBoundary() {
        BatchAssembler batch = new BatchAssembler();
        batch.begin();
        batch.change(change());
        assertThat(batch.take().boundary()).isNull();
        batch.change(change());
        assertThat(batch.take().boundary()).isNull();
        batch.end(new Lsn(30));
        assertThat(batch.take().boundary()).isEqualTo(new Lsn(30));
    }

    @Test
    void aMessageIsABoundaryOnlyWhileNoTransactionIsOpen() {
        BatchAssembler batch = new BatchAssembler();
        batch.message(new Lsn(5), "1");
        batch.begin();
        batch.message(new Lsn(7), "2");
        Batch taken = batch.take();
        assertThat(taken.boundary()).isEqualTo(new Lsn(5));
        assertThat(taken.heartbeats()).containsExactly("1", "2");
        batch.message(new Lsn(8), "3");
        assertThat(batch.take().boundary()).isNull();
    }

    @Test
    void whatATransactionHoldsIsTold() {
        BatchAssembler batch = new BatchAssembler();
        batch.change(change()); // of a transaction whose first part is in an earlier batch
        batch.end(new Lsn(10));
        batch.begin();
        batch.end(new Lsn(20)); // ours, say: nothing of it is left
        batch.begin();
        batch.change(change());
        batch.change(change());
        batch.end(new Lsn(30));
        batch.begin();
        batch.change(change());
        assertThat(batch.take().commits())
                .containsExactly(new Batch.Commit(1, new Lsn(10)), new Batch.Commit(3, new Lsn(30)));
        batch.end(new Lsn(40));
        assertThat(batch.take().commits()).isEmpty();
    }

    private static RowChange change() {
        return new RowChange(
                new TableName("public", "t"),
                RowChange.Op.INSERT,
                RowKey.of("1"),
                null,
                null,
                1,
                Lsn.ZERO,
                Instant.EPOCH);
    }
}
