package dev.lockstep.sql;

import dev.lockstep.model.Publication;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TypeName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the server has already, as far as a plan depends on it.
 *
 * @param major the server's major version
 * @param database the database, for messages
 * @param user the role that will run the plan, for messages
 * @param controlSchema whether the control schema is there in the version of this build
 * @param indexes of the captured tables and their partitions
 * @param foreignKeys of the same tables
 * @param parents partition to its direct parent, for the partitioned tables among them
 * @param publication the publication of our name
 * @param slot the slot of our name
 * @param positioned whether the position row exists
 * @param scanned tables that have a backfill row
 * @param functions of the control schema
 * @param iterativeScan whether the server's pgvector can go on scanning an index until there are enough rows
 * @param sharedPersonas how many personas have more than one row in an adopted Agents table
 */
public record ExpandFacts(
        int major,
        String database,
        String user,
        boolean controlSchema,
        List<Index> indexes,
        List<ForeignKey> foreignKeys,
        Map<TableName, TableName> parents,
        Optional<Publication> publication,
        Optional<Slot> slot,
        boolean positioned,
        Set<TableName> scanned,
        List<Function> functions,
        boolean iterativeScan,
        long sharedPersonas) {

    public ExpandFacts {
        indexes = List.copyOf(indexes);
        foreignKeys = List.copyOf(foreignKeys);
        parents = Map.copyOf(parents);
        scanned = Set.copyOf(scanned);
        functions = List.copyOf(functions);
    }

    /** A server on which nothing of ours is. */
    public static ExpandFacts untouched(int major, String database, String user) {
        return new ExpandFacts(
                major,
                database,
                user,
                false,
                List.of(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Set.of(),
                List.of(),
                false,
                0);
    }

    /**
     * @param keys key columns; empty text stands for an expression
     * @param plain a btree without INCLUDE columns, predicate or deferral
     * @param valid whether queries may use it
     * @param building whether some session is building it right now
     * @param parent the index of the parent table it is attached to
     */
    public record Index(
            TableName table,
            String name,
            List<String> keys,
            boolean unique,
            boolean plain,
            boolean valid,
            boolean building,
            Optional<String> parent) {

        public Index {
            keys = List.copyOf(keys);
        }

        boolean isExactly(String column) {
            return plain && !unique && keys.equals(List.of(column));
        }

        boolean leadsWith(String column) {
            return plain && !keys.isEmpty() && keys.get(0).equals(column);
        }

        /** Whether no two rows can have the same {@code column}. */
        public boolean makesUnique(String column) {
            return plain && valid && unique && keys.equals(List.of(column));
        }
    }

    /** A foreign key, and whether it is validated. */
    public record ForeignKey(
            TableName table,
            String name,
            List<String> columns,
            TableName target,
            List<String> targetColumns,
            boolean valid) {

        boolean links(TableName from, String column, TableName to, String toColumn) {
            return table.equals(from)
                    && columns.equals(List.of(column))
                    && target.equals(to)
                    && targetColumns.equals(List.of(toColumn));
        }
    }

    /**
     * @param ours whether it is a logical pgoutput slot of this database
     * @param active whether a process streams from it
     */
    public record Slot(boolean ours, boolean active) {}

    /**
     * @param result the type of its rows
     * @param settings that hold while it runs, each {@code name=value}
     * @param body its source, to the letter: it is also held against what somebody changed by hand
     */
    public record Function(String name, List<TypeName> arguments, TypeName result, List<String> settings, String body) {

        public Function {
            arguments = List.copyOf(arguments);
            settings = List.copyOf(settings);
        }

        boolean isCalledLike(Function other) {
            return arguments.equals(other.arguments) && result.equals(other.result);
        }
    }

    boolean hasUnique(TableName table, String column) {
        return indexes.stream().anyMatch(i -> i.table().equals(table) && i.makesUnique(column));
    }

    Optional<Index> index(TableName table, String name) {
        return indexes.stream()
                .filter(i -> i.table().equals(table) && i.name().equals(name))
                .findFirst();
    }

    String ownerOf(TableName table) {
        return "ownership of " + table + " (GRANT its owner TO " + Sql.quote(user) + ")";
    }
}
