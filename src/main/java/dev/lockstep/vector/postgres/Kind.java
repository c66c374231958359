package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableShape.ColumnShape;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The column types that are payload, by what they are compared and cast as. */
enum Kind {
    TEXT("text"),
    UUID("uuid"),
    WHOLE("bigint"),
    FRACTION("double precision"),
    REAL("real"),
    TRUTH("boolean");

    private static final Pattern UUID_TEXT =
            Pattern.compile("\\p{XDigit}{8}-\\p{XDigit}{4}-\\p{XDigit}{4}-\\p{XDigit}{4}-\\p{XDigit}{12}");

    private final String type;

    Kind(String type) {
        this.type = type;
    }

    /** Empty for every type that is never read: vectors, arrays, documents. */
    static Optional<Kind> of(ColumnShape column) {
        return switch (column.type()) {
            case TEXT -> Optional.of(TEXT);
            case UUID -> Optional.of(UUID);
            case INT, BIGINT -> Optional.of(WHOLE);
            case BOOLEAN -> Optional.of(TRUTH);
            case BYTEA -> Optional.empty();
            case OTHER ->
                switch (column.typeText()) {
                    case "smallint" -> Optional.of(WHOLE);
                    case "double precision" -> Optional.of(FRACTION);
                    case "real" -> Optional.of(REAL);
                    default -> Optional.empty();
                };
        };
    }

    /** The type that a text is cast to before it is compared or assigned. */
    String type() {
        return type;
    }

    boolean isKey() {
        return this == TEXT || this == UUID || this == WHOLE;
    }

    /** Whether a column of this kind may have a value that is written so; false for kinds that are not looked for. */
    boolean mayBe(String text) {
        return switch (this) {
            case TEXT -> text.indexOf('\0') < 0;
            case UUID -> UUID_TEXT.matcher(text).matches();
            case WHOLE -> isWhole(text);
            case FRACTION, REAL, TRUTH -> false;
        };
    }

    private static boolean isWhole(String text) {
        try {
            return Long.toString(Long.parseLong(text)).equals(text);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** The value as a payload has it; null for NULL. */
    @Nullable
    Object read(ResultSet row, int column) throws SQLException {
        Object value = switch (this) {
            case TEXT, UUID -> row.getString(column);
            case WHOLE -> row.getLong(column);
            case FRACTION, REAL -> row.getDouble(column);
            case TRUTH -> row.getBoolean(column);
        };
        return row.wasNull() ? null : value;
    }
}
