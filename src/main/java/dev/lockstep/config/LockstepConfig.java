package dev.lockstep.config;

import dev.lockstep.model.MappingSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration file, validated.
 *
 * @param stores how those of {@code mapping.stores()} are reached, in the same order
 * @param kafka null for none
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
        List<StoreConfig> stores,
        @Nullable KafkaConfig kafka) {

    public LockstepConfig {
        stores = List.copyOf(stores);
    }

    /** Without Kafka. */
    public LockstepConfig(
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
        this(name, database, mapping, run, backfill, http, monitor, savepoints, cutover, stores, null);
    }

    /** Without vectors outside the database, and without Kafka. */
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
