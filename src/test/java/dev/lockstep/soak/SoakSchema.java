package dev.lockstep.soak;

import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import java.util.List;

/** A legacy schema and what its application does with it, in SQL. Rows are picked by the server. */
@SuppressWarnings("ImmutableEnumChecker") // a list of strings
enum SoakSchema {
    PASCAL(
            LegacySchema.PASCAL,
            Judge.PASCAL,
            "\"Messages\"",
            "\"Messages\" (\"FromPersonaId\", \"Content\")",
            """
            INSERT INTO "Personas" ("Name") SELECT 'p' || i FROM generate_series(1, 40) i;
            INSERT INTO "Conversations" ("PersonaId") SELECT "Id" FROM "Personas", generate_series(1, 5);
            """,
            "SELECT \"Id\" FROM \"Personas\"",
            """
            INSERT INTO "Messages" ("FromPersonaId", "Content")
            SELECT CASE WHEN random() > 0.1 THEN (SELECT "Id" FROM "Personas" ORDER BY "Id" OFFSET floor(random() * 40) LIMIT 1) END,
              'words ' || random() FROM generate_series(1, %d)
            """,
            "DELETE FROM \"Messages\" WHERE \"Id\" IN (SELECT \"Id\" FROM \"Messages\" WHERE \"Id\" >= (SELECT gen_random_uuid())"
                    + " ORDER BY \"Id\" LIMIT %d)",
            List.of(
                    "UPDATE \"Messages\" SET \"FromPersonaId\" = (SELECT \"Id\" FROM \"Personas\" ORDER BY random() LIMIT 1)"
                            + " WHERE \"Id\" = (SELECT \"Id\" FROM \"Messages\" WHERE \"Id\" >= (SELECT gen_random_uuid()) ORDER BY \"Id\" LIMIT 1)",
                    "UPDATE \"Messages\" SET \"Content\" = 'edited ' || random() WHERE \"Id\" ="
                            + " (SELECT \"Id\" FROM \"Messages\" WHERE \"Id\" >= (SELECT gen_random_uuid()) ORDER BY \"Id\" LIMIT 1)",
                    "UPDATE \"Messages\" SET \"FromPersonaId\" = NULL WHERE \"Id\" ="
                            + " (SELECT \"Id\" FROM \"Messages\" WHERE \"Id\" >= (SELECT gen_random_uuid()) ORDER BY \"Id\" LIMIT 1)",
                    "UPDATE \"Conversations\" SET \"PersonaId\" = (SELECT \"Id\" FROM \"Personas\" ORDER BY random() LIMIT 1)"
                            + " WHERE \"Id\" = (SELECT \"Id\" FROM \"Conversations\" ORDER BY random() LIMIT 1)",
                    "UPDATE \"Personas\" SET \"Name\" = 'renamed ' || random() WHERE \"Id\" ="
                            + " (SELECT \"Id\" FROM \"Personas\" ORDER BY random() LIMIT 1)"),
            List.of(
                    "DELETE FROM \"Agents\" WHERE \"Id\" = (SELECT \"Id\" FROM \"Agents\" ORDER BY random() LIMIT 1)",
                    "WITH p AS (INSERT INTO \"Personas\" (\"Name\") VALUES ('late') RETURNING \"Id\") UPDATE \"Agents\""
                            + " SET \"PersonaId\" = (SELECT \"Id\" FROM p) WHERE \"Id\" ="
                            + " (SELECT \"Id\" FROM \"Agents\" ORDER BY random() LIMIT 1)")),
    SNAKE(
            LegacySchema.SNAKE,
            Judge.SNAKE,
            "app.messages",
            "app.messages (from_persona_id, body)",
            """
            INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 40) i;
            INSERT INTO app.conversations SELECT p % 3, p * 100 + i, p, 'title' FROM generate_series(1, 40) p, generate_series(1, 5) i;
            """,
            "SELECT persona_id FROM app.personas",
            """
            INSERT INTO app.messages (from_persona_id, body)
            SELECT CASE WHEN random() > 0.1 THEN 1 + floor(random() * 40) END, 'words ' || random() FROM generate_series(1, %d)
            """,
            "DELETE FROM app.messages WHERE message_id IN (SELECT message_id FROM app.messages ORDER BY message_id LIMIT %d)",
            List.of(
                    "UPDATE app.messages SET from_persona_id = 1 + floor(random() * 40) WHERE message_id = "
                            + Snake.ONE,
                    "UPDATE app.messages SET body = 'edited ' || random() WHERE message_id = " + Snake.ONE,
                    "UPDATE app.messages SET from_persona_id = NULL WHERE message_id = " + Snake.ONE,
                    "UPDATE app.conversations SET persona_id = 1 + floor(random() * 40) WHERE (tenant, conversation_no) ="
                            + " (SELECT tenant, conversation_no FROM app.conversations ORDER BY random() LIMIT 1)",
                    "UPDATE app.personas SET display_name = 'renamed ' || random() WHERE persona_id ="
                            + " (SELECT persona_id FROM app.personas ORDER BY random() LIMIT 1)"),
            List.of(
                    "DELETE FROM app.agents WHERE agent_id = (SELECT agent_id FROM app.agents ORDER BY random() LIMIT 1)",
                    "WITH p AS (INSERT INTO app.personas (display_name) VALUES ('late') RETURNING persona_id) UPDATE app.agents"
                            + " SET persona_id = (SELECT persona_id FROM p) WHERE agent_id ="
                            + " (SELECT agent_id FROM app.agents ORDER BY random() LIMIT 1)"));

    private static final class Snake {
        static final String ONE = "(SELECT message_id FROM app.messages WHERE message_id >= (SELECT"
                + " (min(message_id) + random() * (max(message_id) - min(message_id)))::int8 FROM app.messages)"
                + " ORDER BY message_id LIMIT 1)";
    }

    final LegacySchema legacy;
    final Judge judge;
    final String messages;
    final String copied;
    final String fill;
    final String personas;
    final List<String> singles;
    final List<String> agents;
    private final String insert;
    private final String delete;

    /**
     * @param copied what COPY writes: persona and content
     * @param personas a query for their ids
     * @param singles statements that change one row
     * @param agents statements that change an agent, and so many rows
     */
    SoakSchema(
            LegacySchema legacy,
            Judge judge,
            String messages,
            String copied,
            String fill,
            String personas,
            String insert,
            String delete,
            List<String> singles,
            List<String> agents) {
        this.legacy = legacy;
        this.judge = judge;
        this.messages = messages;
        this.copied = copied;
        this.fill = fill;
        this.personas = personas;
        this.insert = insert;
        this.delete = delete;
        this.singles = singles;
        this.agents = agents;
    }

    String insert(int rows) {
        return insert.formatted(rows);
    }

    String delete(int rows) {
        return delete.formatted(rows);
    }
}
