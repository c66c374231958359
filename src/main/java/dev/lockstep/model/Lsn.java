package dev.lockstep.model;

/**
 * A position in PostgreSQL's write-ahead log: a byte offset, unsigned, written {@code hi/lo} in hexadecimal.
 *
 * @param value the offset as an unsigned 64-bit number
 */
public record Lsn(long value) implements Comparable<Lsn> {

    public static final Lsn ZERO = new Lsn(0);

    /**
     * Reads the server's notation.
     *
     * @throws IllegalArgumentException when {@code text} is not {@code hi/lo}
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            throw new IllegalArgumentException("not an LSN: " + text);
        }
        long high = Long.parseLong(text, 0, slash, 16);
        long low = Long.parseLong(text, slash + 1, text.length(), 16);
        return new Lsn(high << 32 | low);
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    public boolean isAtLeast(Lsn other) {
        return compareTo(other) >= 0;
    }

    public static Lsn max(Lsn a, Lsn b) {
        return a.isAtLeast(b) ? a : b;
    }

    public static Lsn min(Lsn a, Lsn b) {
        return a.isAtLeast(b) ? b : a;
    }

    /** Bytes of WAL from {@code other} up to this position; negative when this one lies before it. */
    public long minus(Lsn other) {
        return value - other.value;
    }

    @Override
    public String toString() {
        return Long.toHexString(value >>> 32).toUpperCase(java.util.Locale.ROOT)
                + "/"
                + Long.toHexString(value & 0xFFFFFFFFL).toUpperCase(java.util.Locale.ROOT);
    }
}
