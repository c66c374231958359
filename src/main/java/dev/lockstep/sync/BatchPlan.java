package dev.lockstep.sync;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a batch asks for: one entry per row, by its last change. Pure.
 *
 * @param transactions low halves of the transaction ids whose changes are here
 * @param personas those that need an agent
 * @param agentsChanged personas and agents whose relation changed other than by a new agent
 * @param agentsAppeared whether a persona or an agent came that a dead letter may wait for
 * @param rows the last change of each row that still exists, by table
 * @param gone rows that were deleted, by table
 * @param truncated tables that were emptied; {@code rows} came after that
 */
record BatchPlan(
        Set<Long> transactions,
        Set<String> personas,
        AgentChanges agentsChanged,
        boolean agentsAppeared,
        Map<TableName, Map<RowKey, Hint>> rows,
        Map<TableName, Set<RowKey>> gone,
        Set<TableName> truncated) {

    /** What the last change said of a row; never written, it only tells whether there is anything to do. */
    record Hint(@Nullable String persona, @Nullable String agent) {}

    record AgentChanges(Set<String> personas, Set<String> agents) {

        boolean isEmpty() {
            return personas.isEmpty() && agents.isEmpty();
        }
    }

    /** The rows by key alone. */
    RowsByTable changes() {
        Map<TableName, Set<RowKey>> there = new HashMap<>();
        rows.forEach((table, hints) -> there.put(table, hints.keySet()));
        return new RowsByTable(there, gone, truncated, rewritten());
    }

    /** A row that has its agent was there before, or a migrated writer's; what it said then is not known. */
    private Set<TableName> rewritten() {
        Set<TableName> tables = new HashSet<>();
        rows.forEach((table, hints) -> {
            if (hints.values().stream().anyMatch(hint -> hint.agent() != null)) {
                tables.add(table);
            }
        });
        return tables;
    }

    /** Whether what is known of agents may be wrong now. */
    boolean forgetsAgents(TableName agentsTable) {
        return !agentsChanged.isEmpty() || truncated.contains(agentsTable);
    }

    static BatchPlan of(Batch batch, Mapping mapping) {
        Map<TableName, Mapping.Role> roles = new HashMap<>();
        mapping.captured().forEach(table -> mapping.roleOf(table).ifPresent(role -> roles.put(table, role)));
        BatchPlan plan = new BatchPlan(
                new HashSet<>(),
                new LinkedHashSet<>(),
                new AgentChanges(new LinkedHashSet<>(), new LinkedHashSet<>()),
                appeared(batch, roles),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                new LinkedHashSet<>());
        for (RowChange change : batch.changes()) {
            plan.add(change, roles.get(change.table()));
        }
        return plan;
    }

    private static boolean appeared(Batch batch, Map<TableName, Mapping.Role> roles) {
        for (RowChange change : batch.changes()) {
            Mapping.Role role = roles.get(change.table());
            if (role != null && role != Mapping.Role.SCOPED && change.op() != RowChange.Op.DELETE) {
                return true;
            }
        }
        return false;
    }

    private void add(RowChange change, Mapping.@Nullable Role role) {
        if (role == null) {
            return;
        }
        transactions.add(change.xid());
        switch (role) {
            case PERSONAS -> addPersona(change);
            case AGENTS -> addAgent(change);
            case SCOPED -> addRow(change);
        }
    }

    private void addPersona(RowChange change) {
        if (change.persona() != null && change.op() != RowChange.Op.DELETE) {
            personas.add(change.persona());
        }
    }

    private void addAgent(RowChange change) {
        if (change.op() == RowChange.Op.INSERT) {
            return;
        }
        if (change.op() == RowChange.Op.TRUNCATE) {
            truncated.add(change.table());
            return;
        }
        if (change.persona() != null) {
            agentsChanged.personas().add(change.persona());
        }
        if (change.agent() != null) {
            agentsChanged.agents().add(change.agent());
        }
    }

    private void addRow(RowChange change) {
        TableName table = change.table();
        Map<RowKey, Hint> live = rows.computeIfAbsent(table, t -> new LinkedHashMap<>());
        switch (change.op()) {
            case INSERT, UPDATE -> {
                live.put(change.key(), new Hint(change.persona(), change.agent()));
                if (change.persona() != null) {
                    personas.add(change.persona());
                }
            }
            case DELETE -> {
                live.remove(change.key());
                gone.computeIfAbsent(table, t -> new LinkedHashSet<>()).add(change.key());
            }
            case TRUNCATE -> {
                live.clear();
                truncated.add(table);
            }
        }
    }
}
