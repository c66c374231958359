package dev.lockstep.verify;

import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hashes of the ranges of one mapped table: those of its rows, put together by XOR, so that rows may come in any order and
 * neighbours can be put together, too. What an accident changes shows; it is no proof against somebody who chooses values.
 * Not thread-safe.
 */
final class RangeHashes {

    /** So many are kept for each leaf; a terabyte has thirty times as many, and evidence is kept. */
    static final int MOST = 1024;

    /**
     * One range of heap blocks.
     *
     * @param table the table that holds the rows: the mapped one, or a partition of it
     * @param from its first block
     * @param to the block behind its last
     * @param hash of its rows, as {@code to_hex} writes it
     */
    record Range(String table, long from, long to, long rows, String hash) {

        private Range and(Range next) {
            return new Range(table, from, next.to, rows + next.rows, text(bits() ^ next.bits()));
        }

        private long bits() {
            return Long.parseUnsignedLong(hash, 16);
        }
    }

    private final Map<String, TreeMap<Long, Range>> byLeaf = new TreeMap<>();

    void add(TableName leaf, long from, long to, long rows, long hash) {
        byLeaf.computeIfAbsent(leaf.toString(), name -> new TreeMap<>())
                .put(from, new Range(leaf.toString(), from, to, rows, text(hash)));
    }

    /** By leaf and block; neighbours are put together where there are too many. */
    List<Range> ranges() {
        List<Range> all = new ArrayList<>();
        for (TreeMap<Long, Range> leaf : byLeaf.values()) {
            int together = (leaf.size() + MOST - 1) / MOST;
            List<Range> some = new ArrayList<>(leaf.values());
            for (int i = 0; i < some.size(); i += together) {
                all.add(some.subList(i, Math.min(some.size(), i + together)).stream()
                        .reduce(Range::and)
                        .orElseThrow());
            }
        }
        return all;
    }

    /** Of the whole table. */
    String total() {
        return text(byLeaf.values().stream()
                .flatMap(leaf -> leaf.values().stream())
                .mapToLong(Range::bits)
                .reduce(0, (a, b) -> a ^ b));
    }

    private static String text(long bits) {
        return Long.toHexString(bits);
    }
}
