package dev.lockstep.sync;

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
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchPlanTest {

    private static final TableName MESSAGES = new TableName("public", "Messages");
    private static final TableName PERSONAS = new TableName("public", "Personas");
    private static final TableName AGENTS = new TableName("public", "Agents");
    private static final Mapping MAPPING =
            MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));

    @Test
    void oneEntryPerRowByItsLastChange() {
        BatchPlan plan = plan(
                change(MESSAGES, Op.INSERT, "m1", "p1", null, 1),
                change(MESSAGES, Op.UPDATE, "m1", "p2", null, 2),
                change(MESSAGES, Op.INSERT, "m2", null, null, 2));
        assertThat(plan.rows().get(MESSAGES))
                .containsOnlyKeys(RowKey.of("m1"), RowKey.of("m2"))
                .containsEntry(RowKey.of("m1"), new BatchPlan.Hint("p2", null));
        assertThat(plan.personas()).containsExactly("p1", "p2");
        assertThat(plan.transactions()).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void aDeletedRowIsGoneUnlessItCameBack() {
        BatchPlan plan = plan(
                change(MESSAGES, Op.INSERT, "m1", "p1", null, 1),
                change(MESSAGES, Op.DELETE, "m1", null, null, 2),
                change(MESSAGES, Op.DELETE, "m2", null, null, 3),
                change(MESSAGES, Op.INSERT, "m2", "p1", null, 4));
        assertThat(plan.rows().get(MESSAGES)).containsOnlyKeys(RowKey.of("m2"));
        assertThat(plan.gone().get(MESSAGES)).containsExactly(RowKey.of("m1"), RowKey.of("m2"));
    }

    @Test
    void truncateDropsWhatCameBefore() {
        BatchPlan plan = plan(
                change(MESSAGES, Op.INSERT, "m1", "p1", null, 1),
                new RowChange(MESSAGES, Op.TRUNCATE, new RowKey(List.of()), null, null, 2, Lsn.ZERO, Instant.EPOCH),
                change(MESSAGES, Op.INSERT, "m2", "p1", null, 3));
        assertThat(plan.truncated()).containsExactly(MESSAGES);
        assertThat(plan.rows().get(MESSAGES)).containsOnlyKeys(RowKey.of("m2"));
    }

    @Test
    void aPersonaNeedsAnAgentAndMayFreeALetter() {
        BatchPlan plan = plan(change(PERSONAS, Op.INSERT, "p9", "p9", null, 1));
        assertThat(plan.personas()).containsExactly("p9");
        assertThat(plan.agentsAppeared()).isTrue();
        assertThat(plan(change(PERSONAS, Op.DELETE, "p9", "p9", null, 1)).personas())
                .isEmpty();
    }

    @Test
    void onlyAChangedAgentMovesRowsThatAreThere() {
        assertThat(plan(change(AGENTS, Op.INSERT, "a1", "p1", "a1", 1))
                        .agentsChanged()
                        .isEmpty())
                .isTrue();
        BatchPlan moved = plan(change(AGENTS, Op.UPDATE, "a1", "p2", "a1", 1));
        assertThat(moved.agentsChanged().personas()).containsExactly("p2");
        assertThat(moved.agentsChanged().agents()).containsExactly("a1");
        assertThat(plan(change(AGENTS, Op.DELETE, "a1", null, "a1", 1))
                        .agentsChanged()
                        .agents())
                .containsExactly("a1");
    }

    @Test
    void tablesThatAreNotMappedMeanNothing() {
        BatchPlan plan = plan(change(new TableName("public", "Other"), Op.INSERT, "1", "p1", null, 1));
        assertThat(plan.rows()).isEmpty();
        assertThat(plan.transactions()).isEmpty();
    }

    private static BatchPlan plan(RowChange... changes) {
        return BatchPlan.of(new Batch(List.of(changes), null, List.of()), MAPPING);
    }

    private static RowChange change(
            TableName table, Op op, String key, @Nullable String persona, @Nullable String agent, long xid) {
        return new RowChange(table, op, RowKey.of(key), persona, agent, xid, Lsn.ZERO, Instant.EPOCH);
    }
}
