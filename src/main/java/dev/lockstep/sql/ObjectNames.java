package dev.lockstep.sql;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Names of the indexes and constraints we make: as EF Core would call them, in lower case beside lower-case tables. The
 * same input always gives the same name, of at most 63 bytes.
 */
final class ObjectNames {

    /** The server cuts longer names off, so that two could become one. */
    private static final int LIMIT = 63;

    private static final int HASH_BYTES = 4;

    private ObjectNames() {}

    static String primaryKey(String table) {
        return name("PK", table);
    }

    static String uniqueConstraint(String table, String column) {
        return name("AK", table, column);
    }

    static String index(String table, String... columns) {
        return name("IX", table, columns);
    }

    /** For when the name of {@link #index} is taken by an index that does something else. */
    static String otherIndex(String table, String column) {
        return name("IX", table, column, "lockstep");
    }

    static String foreignKey(String table, String target, String column) {
        return name("FK", table, target, column);
    }

    static String check(String table, String column) {
        return name("CK", table, column);
    }

    /** The function that recalls from one of several tables; {@code parts} are that table's name, or schema and name. */
    static String recall(String... parts) {
        return limited("recall_" + String.join("_", parts));
    }

    private static String name(String prefix, String table, String... parts) {
        boolean lower = table.equals(table.toLowerCase(Locale.ROOT));
        String first = lower ? prefix.toLowerCase(Locale.ROOT) : prefix;
        return limited(first + "_" + table + (parts.length == 0 ? "" : "_" + String.join("_", parts)));
    }

    private static String limited(String name) {
        if (bytes(name) <= LIMIT) {
            return name;
        }
        String hash = "_" + hash(name);
        StringBuilder kept = new StringBuilder();
        int size = hash.length();
        for (int i = 0; i < name.length(); i = name.offsetByCodePoints(i, 1)) {
            String next = name.substring(i, name.offsetByCodePoints(i, 1));
            size += bytes(next);
            if (size > LIMIT) {
                break;
            }
            kept.append(next);
        }
        return kept + hash;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static String hash(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
