package dev.lockstep.demo;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the legacy writers did.
 *
 * @param done transactions that ended as they should, by kind
 * @param failed transactions that failed, by SQLSTATE; whether one committed whose connection broke is not known
 */
public record LegacyCounts(Map<LegacyKind, Done> done, Map<String, Long> failed) {

    /**
     * @param transactions how many
     * @param rows changed by them
     */
    public record Done(long transactions, long rows) {

        Done plus(Done other) {
            return new Done(transactions + other.transactions, rows + other.rows);
        }
    }

    public LegacyCounts {
        done = new TreeMap<>(done);
        failed = new TreeMap<>(failed);
    }

    /** Transactions of {@code kind}. */
    public long transactions(LegacyKind kind) {
        return done.getOrDefault(kind, new Done(0, 0)).transactions();
    }

    /** Transactions that committed. */
    public long committed() {
        return transactions() - transactions(LegacyKind.ROLLED_BACK);
    }

    /** Rows changed by transactions that committed. */
    public long rows() {
        return done.entrySet().stream()
                .filter(entry -> entry.getKey() != LegacyKind.ROLLED_BACK)
                .mapToLong(entry -> entry.getValue().rows())
                .sum();
    }

    private long transactions() {
        return done.values().stream().mapToLong(Done::transactions).sum();
    }
}
