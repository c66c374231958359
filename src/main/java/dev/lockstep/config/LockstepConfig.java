package dev.lockstep.config;

import dev.lockstep.model.MappingSpec;

/**
 * The whole configuration file, validated.
 *
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
        CutoverConfig cutover) {}
