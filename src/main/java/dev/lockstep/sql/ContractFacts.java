package dev.lockstep.sql;

import dev.lockstep.model.Phase;
import dev.lockstep.model.TableName;
import java.util.List;

/**
 * What the database still has of the time before the turn.
 *
 * @param phase how far the migration is
 * @param agentsUnique whether no persona can have a second agent
 * @param foreignKeys of the persona columns of the mapped tables, each over that column alone
 * @param required mapped tables whose persona column refuses NULL
 * @param indexes that only reads by persona use
 * @param columns mapped tables that still have their persona column
 * @param slots ours, and those of savepoints and replays, which hold WAL, too
 * @param publication whether our publication is there
 * @param origins our replication origins
 */
public record ContractFacts(
        Phase phase,
        boolean agentsUnique,
        List<ForeignKey> foreignKeys,
        List<TableName> required,
        List<OldIndex> indexes,
        List<TableName> columns,
        List<String> slots,
        boolean publication,
        List<String> origins) {

    public ContractFacts {
        foreignKeys = List.copyOf(foreignKeys);
        required = List.copyOf(required);
        indexes = List.copyOf(indexes);
        columns = List.copyOf(columns);
        slots = List.copyOf(slots);
        origins = List.copyOf(origins);
    }

    /** @param target what it refers to */
    public record ForeignKey(TableName table, String name, TableName target) {}

    /**
     * @param table whose index it is
     * @param name in the same schema
     * @param partitioned whether it stands for those of partitions
     * @param scans since the server began to count
     * @param bytes on disk
     */
    public record OldIndex(TableName table, String name, boolean partitioned, long scans, long bytes) {}
}
