package dev.lockstep.config;

import dev.lockstep.model.MappingSpec;
import java.util.List;

/**
 * The whole configuration file, validated.
 *
 * @param stores how those of {@code mapping.stores()} are reached, in the same order
 * @param name names the control schema, the slot and the publication; replication origins are {@code <name>_…}
 */
public record LockstepConfig(
        String name,
        DatabaseConfig database,
        MappingSpec mapping,
        RunConfig run,
        BackfillConfig backfill,
        HttpConfig http,
        MonitorConfig monitor,
        SavepointsConfig savepoints,
        CutoverConfig cutover,
        List<StoreConfig> stores) {

    public LockstepConfig {
        stores = List.copyOf(stores);
    }

    /** Without vectors outside the database. */
    public LockstepConfig(
            String name,
            DatabaseConfig database,
            MappingSpec mapping,
            RunConfig run,
            BackfillConfig backfill,
            HttpConfig http,
            MonitorConfig monitor,
            SavepointsConfig savepoints,
            CutoverConfig cutover) {
        this(name, database, mapping, run, backfill, http, monitor, savepoints, cutover, List.of());
    }
}
