package dev.lockstep.testing;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the applications write, as SQL: they know nothing of agents. Symbols stand for ids. */
public final class VectorWrites {

    private VectorWrites() {}

    /** Three personas. */
    public static String personas(VectorSchema schema) {
        String table = schema == VectorSchema.PASCAL ? "\"Personas\" (\"Id\")" : "app.personas (persona_id)";
        return Stream.of("p1", "p2", "p3")
                .map(p -> "INSERT INTO " + table + " VALUES (" + schema.sql(p) + "); ")
                .collect(Collectors.joining());
    }

    public static String conversation(VectorSchema schema, String id, String persona) {
        return insert(
                schema.conversations().get(0),
                schema.conversations().subList(1, 3),
                schema.sql(id),
                schema.sql(persona));
    }

    public static String message(VectorSchema schema, String id, String persona, String conversation, String text) {
        List<String> m = schema.messages();
        return insert(
                m.get(0),
                List.of(m.get(1), m.get(2), m.get(4), m.get(5)),
                schema.sql(id),
                schema.sql(persona),
                schema.sql(conversation),
                "'" + text + "'");
    }

    public static String vector(VectorSchema schema, String id, String persona, String message, String text) {
        return insert(
                schema.table(),
                schema.legacy(),
                schema.sql(id),
                schema.sql(persona),
                schema.sql(message),
                "'" + text + "'");
    }

    public static String set(List<String> table, int column, String value, String id, VectorSchema schema) {
        return "UPDATE " + table.get(0) + " SET " + table.get(column) + " = " + value + " WHERE " + table.get(1) + " = "
                + schema.sql(id) + "; ";
    }

    public static String delete(List<String> table, String id, VectorSchema schema) {
        return "DELETE FROM " + table.get(0) + " WHERE " + table.get(1) + " = " + schema.sql(id) + "; ";
    }

    private static String insert(String table, List<String> columns, String... values) {
        return "INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES (" + String.join(", ", values)
                + "); ";
    }
}
