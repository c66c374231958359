package dev.lockstep.backfill;

import dev.lockstep.model.TableName;

/** Is told how a scan gets on; must not block or throw. Called by several threads. */
@FunctionalInterface
public interface ScanProgress {

    ScanProgress NONE = (leaf, done, total, rows) -> {};

    /**
     * @param done heap blocks done
     * @param total heap blocks to do
     * @param rows rows written by the last step
     */
    void step(TableName leaf, long done, long total, long rows);
}
