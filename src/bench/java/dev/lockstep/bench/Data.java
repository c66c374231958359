package dev.lockstep.bench;

import java.sql.SQLException;

/**
 * The default schema of the agent-scope migration with rows of some 150 bytes of content, and what the application and
 * the floor do with it.
 *
 * @param hashed whether the content hash is mapped
 */
record Data(boolean hashed) {

    static final int PERSONAS = 1000;

    private static final String LEGACY = """
            CREATE TABLE "Personas" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "No" int UNIQUE, "Name" text);
            CREATE TABLE "Conversations" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "PersonaId" uuid, "Title" text);
            CREATE TABLE "Messages" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "No" int,
              "ConversationId" uuid, "FromPersonaId" uuid, "Content" text, "UpdatedAt" timestamptz NOT NULL DEFAULT now());
            INSERT INTO "Personas" ("No", "Name") SELECT i, 'persona ' || i FROM generate_series(0, %d) i;
            """.formatted(PERSONAS - 1);

    private static final String DERIVED = """
            CREATE TABLE "Agents" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "PersonaId" uuid NOT NULL UNIQUE,
              "Name" text, "IsActive" boolean NOT NULL DEFAULT true, "MemoryRootId" uuid NOT NULL);
            INSERT INTO "Agents" ("PersonaId", "Name", "MemoryRootId") SELECT "Id", "Name", gen_random_uuid() FROM "Personas";
            ALTER TABLE "Conversations" ADD COLUMN "AgentId" uuid;
            ALTER TABLE "Messages" ADD COLUMN "FromAgentId" uuid, ADD COLUMN "ContentHash" text;
            """;

    private static final String HASH = "encode(sha256(convert_to(m.\"Content\", 'UTF8')), 'hex')";

    /** The mapping section of the configuration. */
    String mapping() {
        return hashed ? "mapping: {}\n" : """
                mapping:
                  tables:
                    - {table: Conversations, persona: PersonaId, agent: AgentId}
                    - {table: Messages, persona: FromPersonaId, agent: FromAgentId, conversation: ConversationId}
                """;
    }

    /** Makes a database before the migration, with {@code rows} messages. */
    BenchDatabase legacy(BenchServer server, String name, int rows) throws SQLException {
        BenchDatabase database = server.create(name);
        database.execute(LEGACY);
        database.execute("INSERT INTO \"Messages\" (\"No\", \"ConversationId\", \"FromPersonaId\", \"Content\") SELECT "
                + source(rows, "s.i, gen_random_uuid(), p.\"Id\", s.c", ""));
        database.execute("VACUUM (ANALYZE)");
        return database;
    }

    /** Makes a database where every row is in step and every index built; nothing of lockstep's machinery in it. */
    BenchDatabase inStep(BenchServer server, String name, int rows) throws Exception {
        BenchDatabase database = server.create(name);
        database.execute(LEGACY + DERIVED);
        database.execute("INSERT INTO \"Messages\" (\"No\", \"ConversationId\", \"FromPersonaId\", \"FromAgentId\","
                + " \"Content\", \"ContentHash\") SELECT "
                + source(
                        rows,
                        "s.i, gen_random_uuid(), p.\"Id\", a.\"Id\", s.c, "
                                + (hashed ? "encode(sha256(convert_to(s.c, 'UTF8')), 'hex')" : "NULL"),
                        " JOIN \"Agents\" a ON a.\"PersonaId\" = p.\"Id\""));
        Product product = new Product(database, this);
        product.expand();
        product.buildIndexes();
        product.remove();
        database.execute("VACUUM (ANALYZE)");
        return database;
    }

    private static String source(int rows, String columns, String join) {
        return columns + " FROM (SELECT i, 'message ' || i || ' ' || repeat(md5(i::text), 4) AS c"
                + " FROM generate_series(0, " + (rows - 1) + ") i) s JOIN \"Personas\" p ON p.\"No\" = s.i % "
                + PERSONAS + join;
    }

    /** A legacy writer moves every message to another persona, in {@code transactions} bulk transactions. */
    void changeInBulk(BenchDatabase database, int rows, int transactions) throws SQLException {
        changeInBulk(database, rows, transactions, 7);
    }

    /** @param shift to which persona: another one each time */
    void changeInBulk(BenchDatabase database, int rows, int transactions, int shift) throws SQLException {
        for (int i = 0; i < transactions; i++) {
            long from = (long) rows * i / transactions;
            long to = (long) rows * (i + 1) / transactions;
            database.execute("UPDATE \"Messages\" m SET \"FromPersonaId\" = p.\"Id\" FROM \"Personas\" p"
                    + " WHERE p.\"No\" = (m.\"No\" + " + shift + ") % " + PERSONAS + " AND m.\"No\" >= " + from
                    + " AND m.\"No\" < "
                    + to);
        }
    }

    /** A legacy writer does the same one row a transaction; it does not wait for the disk, to be done sooner. */
    void changeOneByOne(BenchDatabase database, int rows) throws SQLException {
        database.execute("ALTER DATABASE " + database.name() + " SET synchronous_commit = off");
        database.execute("""
                DO $$ DECLARE m record; BEGIN
                  FOR m IN SELECT r."Id", p."Id" AS persona FROM "Messages" r JOIN "Personas" p ON p."No" = (r."No" + 7) %% %d
                    WHERE r."No" < %d LOOP
                    UPDATE "Messages" SET "FromPersonaId" = m.persona WHERE "Id" = m."Id";
                    COMMIT;
                  END LOOP;
                END $$""".formatted(PERSONAS, rows));
        database.execute("ALTER DATABASE " + database.name() + " RESET synchronous_commit");
    }

    /** The floor: the same derivation as one statement. */
    String oneUpdate() {
        return "UPDATE \"Messages\" m SET \"FromAgentId\" = a.\"Id\"" + (hashed ? ", \"ContentHash\" = " + HASH : "")
                + " FROM \"Agents\" a WHERE a.\"PersonaId\" = m.\"FromPersonaId\" AND (m.\"FromAgentId\" IS DISTINCT FROM a.\"Id\""
                + (hashed ? " OR m.\"ContentHash\" IS DISTINCT FROM " + HASH : "") + ")";
    }

    /** The floor of a verification: one count over the join; not 0 rows out of step is a fault of the benchmark. */
    String outOfStep() {
        return "SELECT count(*) FROM \"Messages\" m LEFT JOIN \"Agents\" a ON a.\"PersonaId\" = m.\"FromPersonaId\""
                + " WHERE m.\"FromPersonaId\" IS NOT NULL AND m.\"FromAgentId\" IS DISTINCT FROM a.\"Id\" OR m.\"FromAgentId\" IS NULL"
                + (hashed ? " OR m.\"ContentHash\" IS DISTINCT FROM " + HASH : "");
    }

    void requireInStep(BenchDatabase database) throws SQLException {
        long rows = database.number(outOfStep());
        if (rows != 0) {
            throw new IllegalStateException(rows + " rows of " + database.name() + " are out of step");
        }
    }
}
