package dev.lockstep.demo;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * What the legacy application writes: it knows persona columns only. Each method works in the caller's transaction and
 * returns the rows it changed. Not thread-safe.
 */
final class LegacyStatements {

    private static final String INSERT_MESSAGES =
            "INSERT INTO \"Messages\" (\"Id\", \"ConversationId\", \"FromPersonaId\", \"Content\") VALUES ";

    private final DemoSchema.Size size;
    private final int mostCopied;
    private final RandomGenerator random;
    private final RecentIds messages;
    private final RecentIds conversations;
    private final List<UUID> newMessages = new ArrayList<>();
    private final List<UUID> newConversations = new ArrayList<>();

    /**
     * @param mostCopied most rows of one COPY
     * @param messages rows to change later
     * @param conversations rows to change and delete later, by nobody else
     */
    LegacyStatements(
            DemoSchema.Size size, int mostCopied, RandomGenerator random, RecentIds messages, RecentIds conversations) {
        this.size = size;
        this.mostCopied = mostCopied;
        this.random = random;
        this.messages = messages;
        this.conversations = conversations;
    }

    /** The rows made since the last call are there. */
    void committed() {
        messages.addAll(newMessages);
        conversations.addAll(newConversations);
        rolledBack();
    }

    /** The rows made since the last call are not there. */
    void rolledBack() {
        newMessages.clear();
        newConversations.clear();
    }

    /** Runs the statements of a transaction. */
    long run(LegacyKind kind, Connection connection) throws SQLException {
        return switch (kind) {
            case SINGLE -> insert(connection, somebodysConversation(), 1);
            case MULTI_ROW -> several(connection);
            case COPY -> copy(connection);
            case NEW_PERSONA -> newPersona(connection);
            case PERSONA_CHANGE -> changePersona(connection);
            case EDIT -> edit(connection);
            case DELETE -> delete(connection);
            case SLOW -> several(connection) + edit(connection);
            case ROLLED_BACK -> copy(connection) + changePersona(connection);
        };
    }

    /** A conversation and its first messages in one statement each. */
    private long several(Connection connection) throws SQLException {
        UUID conversation = newId(newConversations);
        long rows = update(
                connection,
                "INSERT INTO \"Conversations\" (\"Id\", \"PersonaId\", \"Title\") VALUES (?, ?, ?)",
                conversation,
                somePersona(),
                "a new one");
        return rows + insert(connection, conversation, random.nextInt(2, 9));
    }

    private long copy(Connection connection) throws SQLException {
        StringBuilder text = new StringBuilder();
        int rows = random.nextInt(1, mostCopied + 1);
        for (int i = 0; i < rows; i++) {
            UUID persona = somePersona();
            text.append(newId(newMessages))
                    .append('\t')
                    .append(somebodysConversation())
                    .append('\t');
            text.append(persona == null ? "\\N" : persona)
                    .append('\t')
                    .append(words())
                    .append('\n');
        }
        try {
            return connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY \"Messages\" (\"Id\", \"ConversationId\", \"FromPersonaId\", \"Content\") FROM STDIN",
                            new StringReader(text.toString()));
        } catch (IOException e) {
            throw new SQLException("COPY broke", "08006", e);
        }
    }

    /** A persona nobody has seen, and its first conversation. */
    private long newPersona(Connection connection) throws SQLException {
        UUID persona = new UUID(random.nextLong(), random.nextLong());
        return update(connection, "INSERT INTO \"Personas\" (\"Id\", \"Name\") VALUES (?, ?)", persona, "newcomer")
                + update(
                        connection,
                        "INSERT INTO \"Conversations\" (\"Id\", \"PersonaId\", \"Title\") VALUES (?, ?, ?)",
                        newId(newConversations),
                        persona,
                        "the first one");
    }

    private long changePersona(Connection connection) throws SQLException {
        return random.nextInt(3) == 0
                ? update(
                        connection,
                        "UPDATE \"Conversations\" SET \"PersonaId\" = ? WHERE \"Id\" = ?",
                        somePersona(),
                        someConversation())
                : update(
                        connection,
                        "UPDATE \"Messages\" SET \"FromPersonaId\" = ? WHERE \"Id\" = ?",
                        somePersona(),
                        someMessage());
    }

    private long edit(Connection connection) throws SQLException {
        return update(
                connection,
                "UPDATE \"Messages\" SET \"Content\" = ?, \"UpdatedAt\" = now() WHERE \"Id\" = ?",
                random.nextInt(20) == 0 ? null : words(),
                someMessage());
    }

    /** A message; or a conversation of its own with all its messages. */
    private long delete(Connection connection) throws SQLException {
        UUID conversation = random.nextInt(5) == 0 ? conversations.pick(random) : null;
        if (conversation == null) {
            UUID message = someMessage();
            messages.remove(message);
            return update(connection, "DELETE FROM \"Messages\" WHERE \"Id\" = ?", message);
        }
        conversations.remove(conversation);
        long rows = update(connection, "DELETE FROM \"Messages\" WHERE \"ConversationId\" = ?", conversation);
        return rows + update(connection, "DELETE FROM \"Conversations\" WHERE \"Id\" = ?", conversation);
    }

    private long insert(Connection connection, UUID conversation, int rows) throws SQLException {
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            values.add(newId(newMessages));
            values.add(conversation);
            values.add(somePersona());
            values.add(words());
        }
        return update(
                connection,
                INSERT_MESSAGES + String.join(", ", Collections.nCopies(rows, "(?, ?, ?, ?)")),
                values.toArray());
    }

    private static long update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement.executeUpdate();
        }
    }

    /** Mostly a new one: those are the ones that lockstep is at, too. */
    private UUID someMessage() {
        UUID recent = random.nextInt(3) > 0 ? messages.pick(random) : null;
        return recent == null ? DemoSchema.message(1 + random.nextInt(size.messages())) : recent;
    }

    private UUID someConversation() {
        UUID recent = random.nextBoolean() ? conversations.pick(random) : null;
        return recent == null ? somebodysConversation() : recent;
    }

    /** One that nobody deletes. */
    private UUID somebodysConversation() {
        return DemoSchema.conversation(1 + random.nextInt(size.conversations()));
    }

    private @Nullable UUID somePersona() {
        return random.nextInt(50) == 0 ? null : DemoSchema.persona(1 + random.nextInt(size.personas()));
    }

    private UUID newId(List<UUID> made) {
        UUID id = new UUID(random.nextLong(), random.nextLong());
        made.add(id);
        return id;
    }

    private String words() {
        return "said " + random.nextInt() + " words".repeat(random.nextInt(1, 30));
    }
}
