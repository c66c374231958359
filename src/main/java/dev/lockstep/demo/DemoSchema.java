package dev.lockstep.demo;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;

/**
 * The legacy application's schema as EF Core makes it, and its data. Ids are made from numbers, so that whoever knows the
 * sizes knows the rows.
 */
public final class DemoSchema {

    private static final String TABLES = """
            CREATE TABLE "Personas" ("Id" uuid CONSTRAINT "PK_Personas" PRIMARY KEY, "Name" text);
            CREATE TABLE "Conversations" ("Id" uuid CONSTRAINT "PK_Conversations" PRIMARY KEY, "PersonaId" uuid, "Title" text);
            CREATE TABLE "Messages" ("Id" uuid CONSTRAINT "PK_Messages" PRIMARY KEY, "ConversationId" uuid NOT NULL,
              "FromPersonaId" uuid, "Content" text, "UpdatedAt" timestamptz NOT NULL DEFAULT now());
            """;

    /** Made after the data, which is faster. */
    private static final String KEYS = """
            CREATE INDEX "IX_Conversations_PersonaId" ON "Conversations" ("PersonaId");
            CREATE INDEX "IX_Messages_ConversationId" ON "Messages" ("ConversationId");
            CREATE INDEX "IX_Messages_FromPersonaId" ON "Messages" ("FromPersonaId");
            ALTER TABLE "Conversations" ADD CONSTRAINT "FK_Conversations_Personas_PersonaId"
              FOREIGN KEY ("PersonaId") REFERENCES "Personas" ("Id");
            ALTER TABLE "Messages" ADD CONSTRAINT "FK_Messages_Conversations_ConversationId"
              FOREIGN KEY ("ConversationId") REFERENCES "Conversations" ("Id") ON DELETE CASCADE;
            ALTER TABLE "Messages" ADD CONSTRAINT "FK_Messages_Personas_FromPersonaId"
              FOREIGN KEY ("FromPersonaId") REFERENCES "Personas" ("Id");
            """;

    /** Plain SQL that shares nothing with the product: every row that is not as its persona and its content say. */
    private static final String OUT_OF_STEP = """
            SELECT (SELECT count(*) FROM "Conversations" c LEFT JOIN "Agents" a ON a."PersonaId" = c."PersonaId"
                    WHERE c."PersonaId" IS NOT NULL AND (a."Id" IS NULL OR c."AgentId" IS DISTINCT FROM a."Id"))
                 + (SELECT count(*) FROM "Messages" m LEFT JOIN "Agents" a ON a."PersonaId" = m."FromPersonaId"
                    WHERE (m."FromPersonaId" IS NOT NULL AND (a."Id" IS NULL OR m."FromAgentId" IS DISTINCT FROM a."Id"))
                       OR m."ContentHash" IS DISTINCT FROM encode(sha256(convert_to(m."Content", 'UTF8')), 'hex'))
            """;

    /** The same for the way the new services read: every row of an agent is one of its persona, and has a hash. */
    private static final String WRONG_WAY_ROUND = """
            SELECT (SELECT count(*) FROM "Conversations" c JOIN "Agents" a ON a."Id" = c."AgentId"
                    WHERE c."PersonaId" IS DISTINCT FROM a."PersonaId")
                 + (SELECT count(*) FROM "Messages" m JOIN "Agents" a ON a."Id" = m."FromAgentId"
                    WHERE m."FromPersonaId" IS DISTINCT FROM a."PersonaId")
            """;

    /**
     * How many rows there are at the start.
     *
     * @param personas at least 1
     * @param conversations at least 1
     * @param messages at least 1
     */
    public record Size(int personas, int conversations, int messages) {

        public Size {
            if (personas < 1 || conversations < 1 || messages < 1) {
                throw new IllegalArgumentException("a demo without rows");
            }
        }

        public long rows() {
            return (long) personas + conversations + messages;
        }
    }

    private DemoSchema() {}

    /** Makes tables, rows, indexes and foreign keys in the connection's own schema, and gathers statistics. */
    public static void create(Connection connection, Size size) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false); // killed half-way, it leaves nothing
            statement.execute(TABLES);
            for (String fill : fill(size)) {
                statement.execute(fill);
            }
            statement.execute(KEYS);
            connection.commit();
            connection.setAutoCommit(true);
            statement.execute("VACUUM (ANALYZE) \"Personas\", \"Conversations\", \"Messages\"");
        }
    }

    /** Whether {@link #create} has been here. */
    public static boolean isThere(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = 'FK_Messages_Personas_FromPersonaId')")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static List<String> fill(Size size) {
        return List.of(
                """
                INSERT INTO "Personas" ("Id", "Name")
                SELECT md5('persona ' || i)::uuid, 'Persona ' || i FROM generate_series(1, %d) i
                """.formatted(size.personas()), """
                INSERT INTO "Conversations" ("Id", "PersonaId", "Title")
                SELECT md5('conversation ' || i)::uuid, CASE WHEN i %% 50 > 0 THEN md5('persona ' || 1 + i %% %d)::uuid END,
                  'Conversation ' || i
                FROM generate_series(1, %d) i
                """.formatted(size.personas(), size.conversations()), """
                INSERT INTO "Messages" ("Id", "ConversationId", "FromPersonaId", "Content")
                SELECT md5('message ' || i)::uuid, md5('conversation ' || 1 + i %% %d)::uuid,
                  CASE WHEN i %% 100 > 0 THEN md5('persona ' || 1 + i * 7 %% %d)::uuid END,
                  CASE WHEN i %% 200 > 0 THEN 'Message ' || i || repeat(' words', 5 + i %% 30) END
                FROM generate_series(1, %d) i
                """.formatted(
                                size.conversations(), size.personas(), size.messages()));
    }

    /** Rows out of step, counted without the product; after expand. */
    static long outOfStep(Connection connection) throws SQLException {
        return number(connection, OUT_OF_STEP);
    }

    /** Rows that a reader by persona and one by agent would not both find, counted without the product. */
    static long wrongWayRound(Connection connection) throws SQLException {
        return number(connection, WRONG_WAY_ROUND);
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** The persona of this number, from 1. */
    static UUID persona(int number) {
        return id("persona " + number);
    }

    /** The conversation of this number, from 1. */
    static UUID conversation(int number) {
        return id("conversation " + number);
    }

    /** The message of this number, from 1. */
    static UUID message(int number) {
        return id("message " + number);
    }

    private static UUID id(String name) {
        try {
            ByteBuffer md5 =
                    ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(name.getBytes(StandardCharsets.UTF_8)));
            return new UUID(md5.getLong(), md5.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
