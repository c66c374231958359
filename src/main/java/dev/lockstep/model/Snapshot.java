package dev.lockstep.model;

import java.util.HashSet;
import java.util.Set;

/**
 * A {@code pg_snapshot}: which transactions a statement sees. Immutable.
 *
 * @param xmin every lower id is finished
 * @param xmax every id from here on is not finished
 * @param inProgress the ids between that are not finished
 */
public record Snapshot(long xmin, long xmax, Set<Long> inProgress) {

    public Snapshot {
        inProgress = Set.copyOf(inProgress);
    }

    /** Reads the server's notation, {@code xmin:xmax:xip,xip,…}. */
    public static Snapshot parse(String text) {
        String[] parts = text.split(":", -1);
        Set<Long> running = new HashSet<>();
        if (!parts[2].isEmpty()) {
            for (String xid : parts[2].split(",", -1)) {
                running.add(Long.parseLong(xid));
            }
        }
        return new Snapshot(Long.parseLong(parts[0]), Long.parseLong(parts[1]), running);
    }

    /**
     * Whether the transaction with these low 32 bits is finished for the snapshot: as {@code pg_visible_in_snapshot}, for
     * an id less than 2^31 transactions away. The id of a commit that is held back may be {@code xmax} or above.
     */
    public boolean sees(long xid32) {
        long xid = widen(xmax, xid32);
        return xid < xmin || (xid < xmax && !inProgress.contains(xid));
    }

    /** The 64-bit transaction id with these low 32 bits that is less than 2^31 away from {@code near}. */
    public static long widen(long near, long xid32) {
        long candidate = (near & ~0xFFFFFFFFL) | (xid32 & 0xFFFFFFFFL);
        long distance = candidate - near;
        if (distance > 0x80000000L) {
            return candidate - (1L << 32);
        }
        return distance < -0x80000000L ? candidate + (1L << 32) : candidate;
    }
}
