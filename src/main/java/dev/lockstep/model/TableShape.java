package dev.lockstep.model;

import java.util.List;
import java.util.Optional;

/**
 * A table as the catalog describes it.
 *
 * @param name the table
 * @param oid its {@code pg_class.oid}
 * @param partitioned whether it is a partitioned parent; its rows then live in {@code leaves}
 * @param columns live columns in catalog order
 * @param primaryKey column names in key order; empty without a primary key
 * @param primaryKeyDeferrable whether that key is deferrable, which makes it unfit as a replica identity
 * @param identity the replica identity
 * @param replicaIdentityColumns columns sent with an UPDATE or DELETE: of the key or of the chosen index
 * @param leaves the tables that hold rows: itself, or the leaf partitions
 */
public record TableShape(
        TableName name,
        long oid,
        boolean partitioned,
        List<ColumnShape> columns,
        List<String> primaryKey,
        boolean primaryKeyDeferrable,
        ReplicaIdentity identity,
        List<String> replicaIdentityColumns,
        List<TableName> leaves) {

    public TableShape {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        replicaIdentityColumns = List.copyOf(replicaIdentityColumns);
        leaves = List.copyOf(leaves);
    }

    /** {@code pg_class.relreplident}. */
    public enum ReplicaIdentity {
        DEFAULT,
        NOTHING,
        FULL,
        INDEX
    }

    /**
     * One column.
     *
     * @param name its name
     * @param type as lockstep reads it
     * @param typeName the type, or what a domain is made of
     * @param typeText as {@code format_type} prints it, for messages and DDL
     * @param notNull whether NULL is refused
     * @param fillsItself whether it has a default, is an identity or is generated
     */
    public record ColumnShape(
            String name, ColumnType type, TypeName typeName, String typeText, boolean notNull, boolean fillsItself) {}

    public Optional<ColumnShape> column(String columnName) {
        return columns.stream().filter(c -> c.name().equals(columnName)).findFirst();
    }
}
