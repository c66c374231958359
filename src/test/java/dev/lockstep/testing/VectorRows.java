package dev.lockstep.testing;

import java.util.List;

/** The rows that a case of the table of meanings speaks of, but for its vector. */
public final class VectorRows {

    /** The content of the vector, and of every message that has its text. */
    public static final String SAME = "the same";

    private VectorRows() {}

    /** SQL that makes them the only ones; hashes are filled. */
    public static String of(VectorSchema schema, VectorCase row) {
        StringBuilder sql = new StringBuilder();
        for (List<String> table : List.of(schema.messages(), schema.conversations(), schema.agents())) {
            sql.append("DELETE FROM ").append(table.get(0)).append("; ");
        }
        for (String n : List.of("1", "2", "3")) {
            sql.append(insert(schema.agents(), schema.sql("a" + n), schema.sql("p" + n), "gen_random_uuid()"));
        }
        for (VectorCase.Conversation c : row.conversations()) {
            sql.append(
                    insert(schema.conversations(), schema.sql(c.id()), schema.sql(c.persona()), schema.sql(c.agent())));
        }
        for (VectorCase.Message m : row.messages()) {
            sql.append(insert(
                    schema.messages(),
                    schema.sql(m.id()),
                    schema.sql(m.persona()),
                    schema.sql(m.agent()),
                    schema.sql(m.conversation()),
                    "'" + (m.sameText() ? SAME : m.id()) + "'"));
        }
        String body = schema.messages().get(5);
        String hash = schema == VectorSchema.PASCAL
                ? "\"ContentHash\" = encode(sha256(convert_to(" + body + ", 'UTF8')), 'hex')"
                : "content_hash = sha256(convert_to(" + body + ", 'UTF8'))";
        return sql + "UPDATE " + schema.messages().get(0) + " SET " + hash + "; ";
    }

    private static String insert(List<String> names, String... values) {
        return "INSERT INTO " + names.get(0) + " (" + String.join(", ", names.subList(1, values.length + 1))
                + ") VALUES (" + String.join(", ", values) + "); ";
    }
}
