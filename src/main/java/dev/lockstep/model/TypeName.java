package dev.lockstep.model;

/**
 * A type by its exact catalog names, unquoted and without modifiers; {@code _float4} is the array of {@code float4}.
 *
 * @param schema the schema, as in {@code pg_namespace.nspname}
 * @param name the type, as in {@code pg_type.typname}
 */
public record TypeName(String schema, String name) {

    /** Where the server's own types are. */
    public static final String CATALOG = "pg_catalog";

    /** A type of the server's own. */
    public static TypeName catalog(String name) {
        return new TypeName(CATALOG, name);
    }
}
