package dev.lockstep.replay;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a replay came to, as {@code replay --output json} prints it.
 *
 * @param savepoint where it began
 * @param changes read
 * @param checked rows looked at, as often as a batch named them
 * @param mended rows that were out of step
 * @param dryRun whether nothing was written
 * @param tables a dry run's count by table
 */
public record ReplayReport(
        String savepoint,
        String from,
        String to,
        long changes,
        long checked,
        long mended,
        boolean dryRun,
        Map<String, Table> tables,
        double seconds) {

    public ReplayReport {
        tables = new TreeMap<>(tables);
    }

    /**
     * @param rows that changed, each once
     * @param outOfStep how many of them are out of step
     */
    public record Table(long rows, long outOfStep) {}
}
