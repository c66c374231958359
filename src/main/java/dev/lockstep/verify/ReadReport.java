package dev.lockstep.verify;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What shadow reads found. No row's content, keys only.
 *
 * @param keys rows that were read around
 * @param differing rows that one of the two reads does not give
 */
public record ReadReport(long keys, long differing, List<Table> tables) {

    public ReadReport {
        tables = List.copyOf(tables);
    }

    static ReadReport of(List<Table> tables) {
        return new ReadReport(
                tables.stream().mapToLong(Table::keys).sum(),
                tables.stream().mapToLong(Table::differing).sum(),
                tables);
    }

    /** Whether both reads gave the same rows in the same order, and could be made. */
    public boolean same() {
        return differing == 0
                && tables.stream().allMatch(table -> table.trouble().isEmpty());
    }

    /**
     * @param reads made each way
     * @param oldMillis how long those by persona took
     * @param newMillis how long those by agent took
     * @param overlap mean share of the nearest vectors of the persona that {@code recall} gives, too; null where the server
     *     cannot tell distances, or no vector has an embedding
     * @param examples some of the rows that differ
     * @param trouble why it could not be read; empty when it could
     */
    public record Table(
            String table,
            long keys,
            long reads,
            long differing,
            Millis oldMillis,
            Millis newMillis,
            @Nullable Double overlap,
            List<Example> examples,
            String trouble) {

        public Table {
            examples = List.copyOf(examples);
        }
    }

    /** Half of the reads were as fast, and 99 of 100; 0 when there were none. */
    public record Millis(double p50, double p99) {

        static Millis of(List<Long> nanos) {
            List<Long> sorted = nanos.stream().sorted().toList();
            return new Millis(rank(sorted, 0.5), rank(sorted, 0.99));
        }

        private static double rank(List<Long> sorted, double share) {
            return sorted.isEmpty()
                    ? 0
                    : Math.round(sorted.get((int) Math.ceil(share * sorted.size()) - 1) / 1e3) / 1e3;
        }
    }

    /** @param why the two reads differ by this row */
    public record Example(String key, String why) {}
}
