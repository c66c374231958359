package dev.lockstep.demo;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The legacy application's memories: embeddings of its messages, in a table that knows personas only. */
final class DemoVectors {

    /** The mapping that they take, as YAML. */
    static final String MAPPING = """
            mapping:
              vectors:
                - {store: postgres, table: MemoryVectors, persona: PersonaId, message: MessageId, content: Content,
                   contentHash: ContentHash, newest: IndexedAt}
            """;

    private static final String TABLE = """
            CREATE TABLE "MemoryVectors" ("Id" uuid CONSTRAINT "PK_MemoryVectors" PRIMARY KEY DEFAULT gen_random_uuid(),
              "PersonaId" uuid, "MessageId" uuid, "Content" text, "Embedding" real[],
              "IndexedAt" timestamptz NOT NULL DEFAULT now());
            """;

    /** Every fifth message; some that nobody said, and some that name no message. */
    private static final String FILL = """
            INSERT INTO "MemoryVectors" ("PersonaId", "MessageId", "Content", "Embedding")
            SELECT coalesce(m."FromPersonaId", c."PersonaId"), m."Id", m."Content", ARRAY[0.1, 0.2, 0.3]::real[]
            FROM generate_series(5, %1$d, 5) i JOIN "Messages" m ON m."Id" = md5('message ' || i)::uuid
              JOIN "Conversations" c ON c."Id" = m."ConversationId"
            UNION ALL
            SELECT md5('persona ' || 1 + i %% %2$d)::uuid, CASE WHEN i %% 2 = 0 THEN md5('forgotten ' || i)::uuid END,
              'forgotten words ' || i, ARRAY[0.3, 0.2, 0.1]::real[]
            FROM generate_series(1, %1$d / 100) i
            """;

    /** Plain SQL that shares nothing with the product. */
    private static final String OUT_OF_STEP = """
            SELECT count(*) FROM (
              SELECT v."Source" IS NOT DISTINCT FROM 'orphan' AS orphan, v."Source" IS NOT DISTINCT FROM 'legacy' AS legacy,
                v."AgentId" AS agent, v."ConversationId" AS conversation, v."MessageId" AS names, m."Id" AS message,
                m."ConversationId" AS tied, own."Id" AS own,
                v."ContentHash" IS NOT DISTINCT FROM encode(sha256(convert_to(v."Content", 'UTF8')), 'hex') AS hashed,
                coalesce(CASE WHEN m."FromPersonaId" IS NULL THEN m."FromAgentId" ELSE am."Id" END,
                  CASE WHEN c."PersonaId" IS NULL THEN c."AgentId" ELSE ac."Id" END, own."Id", v."AgentId") AS agent_of_message,
                CASE WHEN v."MessageId" IS NULL THEN ARRAY(SELECT DISTINCT x."ConversationId" FROM "Messages" x
                  WHERE x."ContentHash" = v."ContentHash" AND x."FromPersonaId" = v."PersonaId") END AS by_hash
              FROM "MemoryVectors" v LEFT JOIN "Messages" m ON m."Id" = v."MessageId"
                LEFT JOIN "Conversations" c ON c."Id" = m."ConversationId"
                LEFT JOIN "Agents" am ON am."PersonaId" = m."FromPersonaId"
                LEFT JOIN "Agents" ac ON ac."PersonaId" = c."PersonaId"
                LEFT JOIN "Agents" own ON own."PersonaId" = v."PersonaId") j
            WHERE NOT hashed OR NOT CASE
              WHEN message IS NOT NULL THEN agent IS NOT DISTINCT FROM agent_of_message
                AND conversation IS NOT DISTINCT FROM tied AND NOT legacy AND NOT orphan
              WHEN names IS NOT NULL THEN orphan
                OR (legacy AND conversation IS NULL AND agent IS NOT DISTINCT FROM coalesce(own, agent))
              WHEN cardinality(by_hash) = 1 THEN conversation IS NOT DISTINCT FROM by_hash[1] AND NOT legacy
                AND agent IS NOT DISTINCT FROM coalesce(own, agent)
              ELSE legacy AND conversation IS NULL AND agent IS NOT DISTINCT FROM coalesce(own, agent) END
            """;

    private DemoVectors() {}

    /** Makes and fills the table, after the messages; returns how many. */
    static long create(Connection connection, DemoSchema.Size size) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(TABLE);
            long vectors = statement.executeLargeUpdate(FILL.formatted(size.messages(), size.personas()));
            statement.execute("VACUUM (ANALYZE) \"MemoryVectors\"");
            return vectors;
        }
    }

    /** Vectors out of step, counted without the product; after expand. */
    static long outOfStep(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(OUT_OF_STEP)) {
            row.next();
            return row.getLong(1);
        }
    }
}
