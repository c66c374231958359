package dev.lockstep.demo;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what writers did. Thread-safe. */
final class LegacyTally {

    private final Map<LegacyKind, LegacyCounts.Done> done = new EnumMap<>(LegacyKind.class);
    private final Map<String, Long> failed = new TreeMap<>();

    synchronized void ended(LegacyKind kind, long rows) {
        done.merge(kind, new LegacyCounts.Done(1, rows), LegacyCounts.Done::plus);
    }

    synchronized void failed(String sqlState) {
        failed.merge(sqlState, 1L, Long::sum);
    }

    synchronized LegacyCounts counts() {
        return new LegacyCounts(done, failed);
    }
}
