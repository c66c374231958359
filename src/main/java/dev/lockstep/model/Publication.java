package dev.lockstep.model;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A publication as the catalog describes it.
 *
 * @param name its name
 * @param allTables whether it is {@code FOR ALL TABLES}; {@code tables} is then empty
 * @param schemas schemas published whole ({@code FOR TABLES IN SCHEMA})
 * @param operations those of insert, update, delete and truncate that are published
 * @param viaRoot {@code publish_via_partition_root}
 * @param tables the published tables with their column list; empty when all columns are published
 * @param filtered published tables with a row filter
 */
public record Publication(
        String name,
        boolean allTables,
        Set<String> schemas,
        Set<String> operations,
        boolean viaRoot,
        Map<TableName, Optional<Set<String>>> tables,
        Set<TableName> filtered) {

    /** Every operation, as {@code publish = '…'} names them. */
    public static final Set<String> ALL_OPERATIONS = Set.of("insert", "update", "delete", "truncate");

    public Publication {
        schemas = Set.copyOf(schemas);
        operations = Set.copyOf(operations);
        tables = Map.copyOf(tables);
        filtered = Set.copyOf(filtered);
    }
}
