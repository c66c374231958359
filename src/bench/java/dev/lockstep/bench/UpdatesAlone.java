package dev.lockstep.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * The least work of anything that derives the columns after the writers' commit, however it learns of the rows: one
 * session of the server updates what was just appended, a hundred times a second, with no stream, no client and no
 * bookkeeping. It finds rows by where they lie: its tables are not vacuumed, so new ones are at the end. It leaves out what it
 * does not see there, and the messages that were edited; so it does less than it would have to.
 */
final class UpdatesAlone implements AutoCloseable {

    private static final String LOOP = """
            DO $$ DECLARE
              messages bigint := pg_relation_size('"Messages"') / 8192;
              conversations bigint := pg_relation_size('"Conversations"') / 8192;
              ends bigint;
            BEGIN
              LOOP
                ends := pg_relation_size('"Messages"') / 8192;
                UPDATE "Messages" m SET "FromAgentId" = a."Id",
                  "ContentHash" = encode(sha256(convert_to(m."Content", 'UTF8')), 'hex')
                  FROM "Agents" a WHERE a."PersonaId" = m."FromPersonaId" AND m."FromAgentId" IS NULL
                  AND m.ctid >= format('(%s,0)', messages)::tid;
                messages := greatest(ends - 20, 0);
                ends := pg_relation_size('"Conversations"') / 8192;
                UPDATE "Conversations" c SET "AgentId" = a."Id"
                  FROM "Agents" a WHERE a."PersonaId" = c."PersonaId" AND c."AgentId" IS NULL
                  AND c.ctid >= format('(%s,0)', conversations)::tid;
                conversations := greatest(ends - 20, 0);
                COMMIT;
                PERFORM pg_sleep(0.01);
              END LOOP;
            END $$""";

    private final BenchDatabase database;
    private final Connection connection;
    private final Statement statement;
    private final CompletableFuture<Void> ended;
    private final long before;

    UpdatesAlone(BenchDatabase database) throws SQLException {
        this.database = database;
        for (String table : List.of("Messages", "Conversations")) {
            database.execute("ALTER TABLE \"" + table + "\" SET (autovacuum_enabled = off)");
        }
        before = unset();
        connection = database.connect();
        statement = connection.createStatement();
        statement.execute("SET synchronous_commit = off"); // as lockstep's own sessions
        ended = CompletableFuture.runAsync(this::loop);
    }

    private void loop() {
        try {
            statement.execute(LOOP);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** New messages that it did not update: the writers may have been ahead of it. */
    long missed() throws SQLException {
        return unset() - before;
    }

    private long unset() throws SQLException {
        return database.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NULL");
    }

    void requireAlive() {
        if (ended.isDone()) {
            ended.join();
            throw new IllegalStateException("the updates alone ended");
        }
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            while (!ended.isDone()) { // cancelled before it has begun it would go on
                statement.cancel();
                LockSupport.parkNanos(20_000_000);
            }
        }
    }
}
