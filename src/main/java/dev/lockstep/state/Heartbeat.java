package dev.lockstep.state;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A logical message through the stream. It needs no table and no grant, moves the slot on while only other tables are
 * written, and when it comes back everything committed before it has come, too.
 */
public final class Heartbeat {

    private Heartbeat() {}

    /** Sends one that carries the server's time. */
    public static void send(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_logical_emit_message(false, ?,"
                + " (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text)")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    /** When the latest of these was sent, by the server's clock. */
    public static Optional<Instant> latest(List<String> contents) {
        return contents.stream()
                .filter(text -> !text.isEmpty() && text.chars().allMatch(Character::isDigit))
                .map(text -> Instant.ofEpochMilli(Long.parseLong(text)))
                .max(Instant::compareTo);
    }
}
