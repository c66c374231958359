package dev.lockstep.sync;

import dev.lockstep.derive.AgentCache;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;

/** Which rows of a batch have to be derived: all but those that wait already, and those whose change says enough. */
final class RowsToDo {

    private final Mapping mapping;
    private final AgentCache cache;
    private final HeldRows held;
    private final Synchronizer.Hints hints;

    RowsToDo(Mapping mapping, AgentCache cache, HeldRows held, Synchronizer.Hints hints) {
        this.mapping = mapping;
        this.cache = cache;
        this.held = held;
        this.hints = hints;
    }

    /** Of every table but those of vectors. */
    Map<TableName, Map<RowKey, BatchPlan.Hint>> rows(BatchPlan plan) {
        return kept(plan, (table, hint) -> table.link() == null && !inStep(table, hint));
    }

    /** Of the tables of vectors: what they have to carry is not in their own change. */
    Map<TableName, Map<RowKey, BatchPlan.Hint>> vectors(BatchPlan plan) {
        return kept(plan, (table, hint) -> table.link() != null);
    }

    private Map<TableName, Map<RowKey, BatchPlan.Hint>> kept(
            BatchPlan plan, BiPredicate<Mapping.Scoped, BatchPlan.Hint> wanted) {
        Map<TableName, Map<RowKey, BatchPlan.Hint>> kept = new LinkedHashMap<>();
        plan.rows()
                .forEach((name, rows) -> mapping.scoped(name).ifPresent(table -> {
                    Map<RowKey, BatchPlan.Hint> some = new LinkedHashMap<>();
                    rows.forEach((key, hint) -> {
                        if (wanted.test(table, hint) && !held.contains(name, key)) {
                            some.put(key, hint);
                        }
                    });
                    if (!some.isEmpty()) {
                        kept.put(name, some);
                    }
                }));
        return kept;
    }

    /** By the hint alone: a later change of the row or its agent brings an event of its own. */
    private boolean inStep(Mapping.Scoped table, BatchPlan.Hint hint) {
        return hints == Synchronizer.Hints.TRUSTED
                && !table.hashed()
                && hint.persona() != null
                && hint.agent() != null
                && cache.agentOf(hint.persona()).filter(hint.agent()::equals).isPresent();
    }
}
