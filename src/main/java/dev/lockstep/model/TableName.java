package dev.lockstep.model;

/**
 * A table by its exact catalog names, unquoted.
 *
 * @param schema the schema, as in {@code pg_namespace.nspname}
 * @param name the table, as in {@code pg_class.relname}
 */
public record TableName(String schema, String name) implements Comparable<TableName> {

    public TableName {
        if (schema.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException("a table needs a schema and a name");
        }
    }

    /** Reads {@code schema.name}, or {@code name} alone in {@code defaultSchema}; the names themselves are taken as they are. */
    public static TableName parse(String text, String defaultSchema) {
        int dot = text.indexOf('.');
        return dot < 0
                ? new TableName(defaultSchema, text)
                : new TableName(text.substring(0, dot), text.substring(dot + 1));
    }

    @Override
    public int compareTo(TableName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
