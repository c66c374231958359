package dev.lockstep.model;

/** The column types lockstep has to understand. Keys and persona columns take the first four. */
public enum ColumnType {
    UUID("uuid"),
    INT("int4"),
    BIGINT("int8"),
    TEXT("text"),
    BYTEA("bytea"),
    BOOLEAN("bool"),
    OTHER("");

    private final String sqlName;

    ColumnType(String sqlName) {
        this.sqlName = sqlName;
    }

    /** The server's name, fit for {@code createArrayOf} and for a cast; empty for {@link #OTHER}. */
    public String sqlName() {
        return sqlName;
    }

    /** Whether a primary key or persona column may have this type. */
    public boolean isKeyType() {
        return switch (this) {
            case UUID, INT, BIGINT, TEXT -> true;
            case BYTEA, BOOLEAN, OTHER -> false;
        };
    }

    /** From {@code pg_type.typname}; varchar reads as text, anything unknown as {@link #OTHER}. */
    public static ColumnType ofCatalog(String typname) {
        return switch (typname) {
            case "uuid" -> UUID;
            case "int4" -> INT;
            case "int8" -> BIGINT;
            case "text", "varchar" -> TEXT;
            case "bytea" -> BYTEA;
            case "bool" -> BOOLEAN;
            default -> OTHER;
        };
    }
}
