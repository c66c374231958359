package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Publication;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the publication has to be: our tables alone, every operation, through the partition root, and on PostgreSQL 15
 * and later only the columns that name a row and its scope. Content never travels.
 *
 * @param name the publication
 * @param tables the captured tables, each with the columns to publish; empty publishes all of them
 */
public record PublicationSpec(String name, Map<TableName, Optional<Set<String>>> tables) {

    /** The first version with column lists. */
    private static final int COLUMN_LISTS = 15;

    private static final String OPTIONS =
            "publish = 'insert, update, delete, truncate', publish_via_partition_root = true";

    public PublicationSpec {
        tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
    }

    /**
     * The publication for a mapping.
     *
     * @param shapes the captured tables that exist, with the leaves of the partitioned ones: a leaf has a replica
     *     identity of its own, and the server holds a writer's UPDATE against that one
     * @param major the server's major version
     * @throws LockstepException when a table's replica identity would make its writers' UPDATE fail
     */
    public static PublicationSpec of(String name, Mapping mapping, Map<TableName, TableShape> shapes, int major) {
        Map<TableName, Set<String>> wanted = wanted(mapping);
        Map<TableName, Optional<Set<String>>> tables = new LinkedHashMap<>();
        wanted.forEach((table, columns) -> {
            List<TableShape> carriers = carriers(table, shapes);
            carriers.forEach(PublicationSpec::refuseUnfit);
            boolean all = major < COLUMN_LISTS
                    || carriers.stream().anyMatch(s -> s.identity() == TableShape.ReplicaIdentity.FULL);
            tables.put(table, all ? Optional.empty() : Optional.of(narrow(carriers, columns)));
        });
        return new PublicationSpec(name, tables);
    }

    /** Captured tables whose publication makes their writers' UPDATE and DELETE fail, by their identity of now. */
    public static List<TableName> unfit(Mapping mapping, Map<TableName, TableShape> shapes) {
        return mapping.captured().stream()
                .filter(table -> carriers(table, shapes).stream()
                        .anyMatch(shape -> shape.identity() == TableShape.ReplicaIdentity.NOTHING
                                || (shape.identity() == TableShape.ReplicaIdentity.DEFAULT
                                        && shape.primaryKeyDeferrable())))
                .toList();
    }

    /** The statement that takes a table out, so that its writers can go on. */
    public static String dropTableSql(String name, TableName table) {
        return "ALTER PUBLICATION " + Sql.quote(name) + " DROP TABLE " + Sql.quote(table);
    }

    /** The statement that makes it. */
    public String createSql() {
        return "CREATE PUBLICATION " + Sql.quote(name) + " FOR TABLE\n" + tableList() + "\n  WITH (" + OPTIONS + ")";
    }

    /**
     * The statements that turn {@code actual} into it, for one transaction. Tables whose changes were not (all)
     * published are locked against writers until the commit: a change made before it is decoded by the old list, so a
     * transaction still open then could be missed by the stream and by a scan.
     *
     * @throws LockstepException when the server has no way from {@code actual} to it
     */
    public List<String> alterSql(Publication actual) {
        if (actual.allTables()) {
            throw LockstepException.wrongInput("publication " + name
                    + " publishes all tables, which is not lockstep's doing and makes writers without a primary key fail;"
                    + " drop it if nobody uses it, or set another `name`");
        }
        List<String> sql = new ArrayList<>();
        for (TableName table : losing(actual)) {
            sql.add("LOCK TABLE " + Sql.quote(table) + " IN SHARE ROW EXCLUSIVE MODE");
        }
        sql.add("ALTER PUBLICATION " + Sql.quote(name) + " SET (" + OPTIONS + ")");
        sql.add("ALTER PUBLICATION " + Sql.quote(name) + " SET TABLE\n" + tableList());
        return sql;
    }

    /** Tables of ours of whose changes {@code actual} leaves out some or all; the others lose no row by being altered. */
    public Set<TableName> losing(Publication actual) {
        boolean everywhere = !actual.operations().containsAll(Publication.ALL_OPERATIONS) || !actual.viaRoot();
        Set<TableName> losing = new LinkedHashSet<>();
        for (TableName table : tables.keySet()) {
            if (everywhere
                    || !actual.tables().containsKey(table)
                    || actual.filtered().contains(table)) {
                losing.add(table);
            }
        }
        return losing;
    }

    /** How {@code actual} differs, one readable line each; empty when it is as it has to be. */
    public List<String> differenceFrom(Publication actual) {
        List<String> differences = new ArrayList<>();
        if (actual.allTables()) {
            differences.add("it publishes all tables");
        }
        for (String schema : new TreeSet<>(actual.schemas())) {
            differences.add("it publishes the whole schema " + schema);
        }
        Set<String> missing = new TreeSet<>(Publication.ALL_OPERATIONS);
        missing.removeAll(actual.operations());
        missing.forEach(operation -> differences.add("it does not publish " + operation));
        if (!actual.viaRoot()) {
            differences.add("publish_via_partition_root is off");
        }
        tables.forEach((table, columns) -> tableDifference(table, columns, actual, differences));
        Set<TableName> foreign = new TreeSet<>(actual.tables().keySet());
        foreign.removeAll(tables.keySet());
        foreign.forEach(table -> differences.add("it publishes " + table + ", which is not mapped"));
        return differences;
    }

    private static void tableDifference(
            TableName table, Optional<Set<String>> columns, Publication actual, List<String> differences) {
        Optional<Set<String>> published = actual.tables().get(table);
        if (published == null) {
            if (!actual.allTables()) {
                differences.add("it does not publish " + table);
            }
            return;
        }
        if (!published.equals(columns)) {
            differences.add(table + " is published with " + words(published) + " instead of " + words(columns));
        }
        if (actual.filtered().contains(table)) {
            differences.add(table + " has a row filter");
        }
    }

    private static String words(Optional<Set<String>> columns) {
        return columns.map(names -> "the columns " + String.join(", ", new TreeSet<>(names)))
                .orElse("all columns");
    }

    private static Map<TableName, Set<String>> wanted(Mapping mapping) {
        Map<TableName, Set<String>> wanted = new LinkedHashMap<>();
        if (mapping.personas() != null) {
            add(
                    wanted,
                    mapping.personas().table(),
                    mapping.personas().key(),
                    mapping.personas().id());
        }
        Mapping.Agents agents = mapping.agents();
        add(wanted, agents.table(), agents.key(), agents.id(), agents.persona());
        for (Mapping.Scoped table : mapping.tables()) {
            add(wanted, table.table(), table.key(), table.persona(), table.agent());
            if (table.conversation() != null) {
                add(wanted, table.table(), List.of(), table.conversation());
            }
            if (table.link() != null) {
                Mapping.VectorLink link = table.link();
                add(wanted, table.table(), List.of(), link.conversation(), link.source());
                if (link.message() != null) {
                    add(wanted, table.table(), List.of(), link.message());
                }
            }
        }
        return wanted;
    }

    private static void add(
            Map<TableName, Set<String>> wanted, TableName table, Collection<Column> key, Column... columns) {
        Set<String> names = wanted.computeIfAbsent(table, t -> new LinkedHashSet<>());
        key.forEach(column -> names.add(column.name()));
        for (Column column : columns) {
            names.add(column.name());
        }
    }

    private static List<TableShape> carriers(TableName table, Map<TableName, TableShape> shapes) {
        TableShape shape = shapes.get(table);
        if (shape == null) {
            return List.of();
        }
        List<TableShape> carriers = new ArrayList<>(List.of(shape));
        for (TableName leaf : shape.leaves()) {
            TableShape leafShape = shapes.get(leaf);
            if (leafShape != null && !leaf.equals(table)) {
                carriers.add(leafShape);
            }
        }
        return carriers;
    }

    private static void refuseUnfit(TableShape shape) {
        switch (shape.identity()) {
            case NOTHING ->
                throw LockstepException.wrongInput(shape.name()
                        + " has REPLICA IDENTITY NOTHING: publishing it would make its UPDATE and DELETE fail;"
                        + " ALTER TABLE " + Sql.quote(shape.name()) + " REPLICA IDENTITY DEFAULT");
            case DEFAULT -> {
                if (shape.primaryKeyDeferrable()) {
                    throw LockstepException.wrongInput(
                            shape.name()
                                    + " has a deferrable primary key: publishing it would make its UPDATE and DELETE fail;"
                                    + " ALTER TABLE " + Sql.quote(shape.name())
                                    + " REPLICA IDENTITY USING INDEX a unique index that is not deferrable, or REPLICA IDENTITY FULL");
                }
            }
            case FULL, INDEX -> {}
        }
    }

    private static Set<String> narrow(List<TableShape> carriers, Set<String> columns) {
        Set<String> narrow = new LinkedHashSet<>(columns);
        carriers.forEach(shape -> narrow.addAll(shape.replicaIdentityColumns()));
        return Collections.unmodifiableSet(narrow);
    }

    private String tableList() {
        return tables.entrySet().stream()
                .map(table -> "  " + Sql.quote(table.getKey()) + columnList(table.getValue()))
                .collect(Collectors.joining(",\n"));
    }

    private static String columnList(Optional<Set<String>> columns) {
        return columns.map(names -> names.stream().map(Sql::quote).collect(Collectors.joining(", ", " (", ")")))
                .orElse("");
    }
}
