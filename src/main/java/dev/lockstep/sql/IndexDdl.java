package dev.lockstep.sql;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Builds indexes without blocking writers: concurrently, and on a partitioned table leaf by leaf, each then attached to
 * an index that the parent gets at once because it holds no rows.
 */
final class IndexDdl {

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

    /** What the stream needs from its first change on, to find the vectors of a message. */
    static List<ExpandStep> beforeBackfill(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.vectors()) {
            if (table.link() != null && table.link().message() != null) {
                steps.addAll(index(table, table.link().message().name(), facts));
            }
        }
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

    /** The steps that leave a valid index over {@code column} alone. */
    static List<ExpandStep> build(TableName table, String column, boolean unique, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        String name = freeName(table, column, unique, facts);
        String quoted = Sql.quote(new TableName(table.schema(), name));
        facts.index(table, name).ifPresent(leftover -> {
            if (leftover.building()) {
                throw LockstepException.notDone(
                        "index " + name + " of " + table
                                + " is being built by another session; run again when it is done",
                        null);
            }
            steps.add(ExpandStep.patient(
                    "Drop the unfinished index " + name + " of " + table,
                    "DROP INDEX CONCURRENTLY " + quoted,
                    List.of(),
                    facts.ownerOf(table)));
        });
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
