package dev.lockstep.demo;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A service that was migrated: it writes messages that name an agent and no persona. Starts at once. */
final class MigratedWriter implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(10);

    private static final String SAY = """
            INSERT INTO "Messages" ("Id", "ConversationId", "FromAgentId", "Content")
            SELECT gen_random_uuid(), c."Id", c."AgentId", 'said by a migrated service' FROM "Conversations" c
             WHERE c."Id" >= (SELECT gen_random_uuid()) AND c."AgentId" IS NOT NULL ORDER BY c."Id" LIMIT 1
            """;

    private final Database database;
    private final StopSignal stop = new StopSignal();
    private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::write, "migrated-writer");
    private final AtomicLong rows = new AtomicLong();

    MigratedWriter(DatabaseConfig config) {
        this.database = new Database(config, "migrated-service");
        thread.setDaemon(true);
        thread.start();
    }

    private void write() {
        try (Connection connection = database.open("chat");
                PreparedStatement say = connection.prepareStatement(SAY)) {
            while (!stop.pause(PAUSE)) {
                rows.addAndGet(say.executeUpdate());
            }
        } catch (SQLException e) {
            failure.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it; returns the rows it wrote. */
    long stop() throws InterruptedException {
        close();
        thread.join();
        SQLException cause = failure.get();
        if (cause != null) {
            throw LockstepException.notDone(
                    "a migrated service could not write (SQLSTATE " + cause.getSQLState() + ")", cause);
        }
        return rows.get();
    }

    @Override
    public void close() {
        stop.request();
    }
}
