package dev.lockstep.model;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Keys as somebody else wrote them, in the server's own form. Pure. */
public final class KeyText {

    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private KeyText() {}

    /** The key as the server prints it; empty when no column of the type could hold it. */
    public static Optional<String> of(ColumnType type, String text) {
        return switch (type) {
            case UUID -> UUID.matcher(text).matches() ? Optional.of(text.toLowerCase(Locale.ROOT)) : Optional.empty();
            case INT -> number(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BIGINT -> number(text, Long.MIN_VALUE, Long.MAX_VALUE);
            case TEXT -> text.indexOf('\0') < 0 ? Optional.of(text) : Optional.empty();
            case BYTEA, BOOLEAN, OTHER -> Optional.empty();
        };
    }

    /** A SHA-256 in lower-case hex; empty for anything else. */
    public static Optional<String> hash(String text) {
        return HASH.matcher(text).matches() ? Optional.of(text) : Optional.empty();
    }

    private static Optional<String> number(String text, long least, long most) {
        try {
            long number = Long.parseLong(text);
            return number < least || number > most ? Optional.empty() : Optional.of(Long.toString(number));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
