package dev.lockstep.sql;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Builds indexes without blocking writers: concurrently, and on a partitioned table leaf by leaf, each then attached to
 * an index that the parent gets at once because it holds no rows.
 */
final class IndexDdl {

    /** The first version whose unique indexes can take two NULLs for equal. */
    private static final int NULLS_NOT_DISTINCT = 15;

    private IndexDdl() {}

    static List<ExpandStep> afterBackfill(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.tables()) {
            steps.addAll(index(table, table.agent().name(), facts));
            if (table.contentHash() != null) {
                steps.addAll(index(table, table.contentHash().name(), facts));
            }
            if (table.link() != null) {
                steps.addAll(index(table, table.link().conversation().name(), facts));
            }
        }
        return steps;
    }

    /** What the stream needs from its first change on, to find the vectors of a message, or a conversation's messages. */
    static List<ExpandStep> beforeBackfill(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.vectors()) {
            if (table.link() != null && table.link().message() != null) {
                steps.addAll(index(table, table.link().message().name(), facts));
            }
        }
        mapping.stores().stream()
                .filter(store -> store.conversations() != null)
                .map(Mapping.Store::messages)
                .distinct()
                .forEach(messages -> {
                    String conversation =
                            Objects.requireNonNull(messages.conversation()).name();
                    steps.addAll(index(messages, conversation, facts));
                });
        return steps;
    }

    private static List<ExpandStep> index(Mapping.Scoped table, String column, ExpandFacts facts) {
        boolean there = facts.indexes().stream()
                .anyMatch(i -> i.table().equals(table.table()) && i.valid() && i.leadsWith(column));
        if (there) {
            return List.of();
        }
        boolean partitioned = !table.leaves().equals(List.of(table.table()));
        return partitioned ? onPartitions(table, column, facts) : build(table.table(), column, false, facts);
    }

    /**
     * What keeps an indexer from saying again what a vector says: one index over agent, conversation and hash. It leaves out
     * rows that are not stamped yet: a legacy indexer's INSERT must go on working.
     */
    static List<ExpandStep> uniqueVectors(Mapping.Scoped table, ExpandFacts facts) {
        if (table.link() == null || table.contentHash() == null) {
            throw LockstepException.wrongInput(
                    table.table() + " has no content hash to be unique; map content and contentHash");
        }
        if (!table.leaves().equals(List.of(table.table()))) {
            throw LockstepException.wrongInput(table.table()
                    + " is partitioned: a unique index has to contain its partition key, which would let duplicates in;"
                    + " `lockstep verify` counts them");
        }
        List<String> columns = List.of(
                table.agent().name(),
                table.link().conversation().name(),
                table.contentHash().name());
        boolean there = facts.indexes().stream()
                .anyMatch(i -> i.table().equals(table.table())
                        && i.valid()
                        && i.unique()
                        && i.keys().equals(columns));
        if (there) {
            return List.of();
        }
        String name = ObjectNames.index(table.table().name(), columns.toArray(String[]::new));
        String quoted = Sql.quote(new TableName(table.table().schema(), name));
        List<ExpandStep> steps = new ArrayList<>();
        facts.index(table.table(), name).ifPresent(leftover -> steps.add(dropLeftover(leftover, quoted, facts)));
        steps.add(ExpandStep.patient(
                "Build unique index " + name + " of " + table.table(),
                "CREATE UNIQUE INDEX CONCURRENTLY " + Sql.quote(name) + " ON " + Sql.quote(table.table()) + " ("
                        + columns.stream().map(Sql::quote).collect(Collectors.joining(", ")) + ")"
                        + (facts.major() >= NULLS_NOT_DISTINCT ? " NULLS NOT DISTINCT" : "") + " WHERE "
                        + Sql.quote(columns.get(0)) + " IS NOT NULL AND " + Sql.quote(columns.get(2)) + " IS NOT NULL",
                List.of("DROP INDEX IF EXISTS " + quoted),
                facts.ownerOf(table.table())));
        return steps;
    }

    private static ExpandStep dropLeftover(ExpandFacts.Index leftover, String quoted, ExpandFacts facts) {
        TableName table = leftover.table();
        if (leftover.building()) {
            throw LockstepException.notDone(
                    "index " + leftover.name() + " of " + table
                            + " is being built by another session; run again when it is done",
                    null);
        }
        return ExpandStep.patient(
                "Drop the unfinished index " + leftover.name() + " of " + table,
                "DROP INDEX CONCURRENTLY " + quoted,
                List.of(),
                facts.ownerOf(table));
    }

    /** The steps that leave a valid index over {@code column} alone. */
    static List<ExpandStep> build(TableName table, String column, boolean unique, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        String name = freeName(table, column, unique, facts);
        String quoted = Sql.quote(new TableName(table.schema(), name));
        facts.index(table, name).ifPresent(leftover -> steps.add(dropLeftover(leftover, quoted, facts)));
        steps.add(ExpandStep.patient(
                "Build " + (unique ? "unique " : "") + "index " + name + " of " + table,
                "CREATE " + (unique ? "UNIQUE " : "") + "INDEX CONCURRENTLY " + Sql.quote(name) + " ON "
                        + Sql.quote(table) + " (" + Sql.quote(column) + ")",
                List.of("DROP INDEX IF EXISTS " + quoted),
                facts.ownerOf(table)));
        return steps;
    }

    /** Our usual name, or another when an index that does something else has it. */
    private static String freeName(TableName table, String column, boolean unique, ExpandFacts facts) {
        String usual = ObjectNames.index(table.name(), column);
        boolean taken = facts.index(table, usual)
                .filter(i -> i.valid()
                        || !i.plain()
                        || i.unique() != unique
                        || !i.keys().equals(List.of(column)))
                .isPresent();
        return taken ? ObjectNames.otherIndex(table.name(), column) : usual;
    }

    private static List<ExpandStep> onPartitions(Mapping.Scoped table, String column, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (TableName leaf : table.leaves()) {
            if (attachable(leaf, column, facts).isEmpty()) {
                steps.addAll(build(leaf, column, false, facts));
            }
        }
        branchesBottomUp(table, facts).forEach(branch -> steps.add(join(branch, column, facts)));
        return steps;
    }

    /** An index of {@code table} that can stand below its parent's. */
    private static Stream<ExpandFacts.Index> attachables(TableName table, String column, ExpandFacts facts) {
        return facts.indexes().stream().filter(i -> i.table().equals(table) && i.isExactly(column));
    }

    private static List<ExpandFacts.Index> attachable(TableName leaf, String column, ExpandFacts facts) {
        return attachables(leaf, column, facts)
                .filter(ExpandFacts.Index::valid)
                .limit(1)
                .toList();
    }

    private static ExpandStep join(TableName branch, String column, ExpandFacts facts) {
        List<String> sql = new ArrayList<>();
        String name = branchIndex(branch, column, facts);
        if (facts.index(branch, name).isEmpty()) {
            sql.add("CREATE INDEX " + Sql.quote(name) + " ON ONLY " + Sql.quote(branch) + " (" + Sql.quote(column)
                    + ")");
        }
        facts.parents().entrySet().stream()
                .filter(child -> child.getValue().equals(branch))
                .map(child -> child.getKey())
                .sorted()
                .forEach(child -> attach(branch, name, child, column, facts).ifPresent(sql::add));
        return ExpandStep.transaction(
                "Join the partitions' indexes under " + name + " of " + branch,
                sql,
                List.of("DROP INDEX IF EXISTS " + Sql.quote(new TableName(branch.schema(), name))),
                facts.ownerOf(branch));
    }

    private static String branchIndex(TableName branch, String column, ExpandFacts facts) {
        return attachables(branch, column, facts)
                .map(ExpandFacts.Index::name)
                .findFirst()
                .orElseGet(() -> freeName(branch, column, false, facts));
    }

    private static Optional<String> attach(
            TableName branch, String parentIndex, TableName child, String column, ExpandFacts facts) {
        boolean isBranch = facts.parents().containsValue(child);
        Optional<ExpandFacts.Index> existing = attachables(child, column, facts)
                .filter(i -> isBranch || i.valid())
                .findFirst();
        if (existing.flatMap(ExpandFacts.Index::parent)
                .filter(parentIndex::equals)
                .isPresent()) {
            return Optional.empty();
        }
        String childIndex = existing.map(ExpandFacts.Index::name)
                .orElseGet(() -> isBranch ? branchIndex(child, column, facts) : freeName(child, column, false, facts));
        return Optional.of("ALTER INDEX " + Sql.quote(new TableName(branch.schema(), parentIndex))
                + " ATTACH PARTITION " + Sql.quote(new TableName(child.schema(), childIndex)));
    }

    /** The partitioned tables of the tree, each after those below it. */
    private static List<TableName> branchesBottomUp(Mapping.Scoped table, ExpandFacts facts) {
        List<TableName> order = new ArrayList<>();
        Set<TableName> level = new LinkedHashSet<>(table.leaves());
        while (!level.isEmpty()) {
            Set<TableName> above = new LinkedHashSet<>();
            for (TableName child : level) {
                TableName parent = facts.parents().get(child);
                if (parent != null) {
                    above.add(parent);
                }
            }
            order.removeAll(above);
            order.addAll(above);
            level = above;
        }
        return order;
    }
}
