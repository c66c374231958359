package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowChange.Op;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.LegacyShapes;
import dev.lockstep.testing.LegacySchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordMakerTest {

    private static final Mapping MAPPING =
            MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));

    private final RecordMaker maker = new RecordMaker(MAPPING, 4_294_967_290L);

    private static RowChange change(String table, Op op, String persona, String agent, long xid) {
        return new RowChange(
                new TableName("public", table), op, RowKey.of("1"), persona, agent, xid, new Lsn(xid), Instant.EPOCH);
    }

    private static RowChange insert(long xid) {
        return change("Messages", Op.INSERT, "p", null, xid);
    }

    @Test
    void aChangeCarriesTheCommitOfItsTransaction() {
        Batch batch = new Batch(
                List.of(insert(5), insert(6), insert(6), insert(7)),
                new Lsn(30),
                List.of(),
                List.of(new Batch.Commit(1, new Lsn(20)), new Batch.Commit(3, new Lsn(30))));
        assertThat(maker.of(batch))
                .extracting(JournalRecord::commitLsn)
                .containsExactly(new Lsn(20), new Lsn(30), new Lsn(30), null);
        for (int most = 1; most <= 4; most++) {
            List<JournalRecord> pieces = new ArrayList<>();
            Batch rest = batch;
            while (!rest.changes().isEmpty()) {
                Batch piece = rest.head(most);
                pieces.addAll(maker.of(piece));
                rest = rest.after(piece);
            }
            assertThat(pieces)
                    .as("in pieces of %d", most)
                    .extracting(JournalRecord::commitLsn)
                    .containsExactly(new Lsn(20), new Lsn(30), new Lsn(30), null);
        }
    }

    @Test
    void transactionIdsAreWidenedAcrossEpochs() {
        assertThat(maker.of(new Batch(List.of(insert(4_294_967_295L), insert(3)), null, List.of())))
                .extracting(JournalRecord::xid)
                .containsExactly(4_294_967_295L, 4_294_967_299L);
        assertThat(maker.of(new Batch(List.of(insert(4_294_967_280L)), null, List.of())))
                .as("of an older transaction that committed later")
                .extracting(JournalRecord::xid)
                .containsExactly(4_294_967_280L);
    }

    @Test
    void onlyRowsThatNeedAnAgentAndCameWithoutOneAreALegacyWriters() {
        assertThat(maker.of(new Batch(
                        List.of(
                                insert(1),
                                change("Messages", Op.INSERT, "p", "a", 1),
                                change("Messages", Op.INSERT, null, null, 1),
                                change("Messages", Op.UPDATE, "p", null, 1),
                                change("Personas", Op.INSERT, "p", null, 1)),
                        null,
                        List.of())))
                .extracting(JournalRecord::legacy)
                .containsExactly(true, false, false, false, false);
    }
}
