package dev.lockstep.connect;

import dev.lockstep.model.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * The slot as it stands before the stream is opened. Debezium's own checks do not see a slot that is ahead of the stored
 * offset (FACTS, how rows get lost, 4).
 *
 * @param confirmed from where it sends; null when it cannot
 * @param walStatus as in {@code pg_replication_slots}; empty when not told
 */
record SourceSlot(String name, @Nullable Lsn confirmed, String walStatus) {

    /** Reads the slot that the connector is configured for; empty when there is none. */
    static Optional<SourceSlot> read(Map<String, String> config) throws SQLException {
        String name = config.getOrDefault("slot.name", "debezium");
        Properties properties = new Properties();
        config.forEach((key, value) -> {
            if (key.startsWith("database.ssl")) {
                properties.setProperty(key.substring("database.".length()), value);
            }
        });
        properties.setProperty("user", config.getOrDefault("database.user", ""));
        properties.setProperty("password", config.getOrDefault("database.password", ""));
        properties.setProperty("ApplicationName", name + "/guard");
        properties.setProperty("connectTimeout", "10");
        String url = "jdbc:postgresql://" + config.get("database.hostname") + ":"
                + config.getOrDefault("database.port", "5432") + "/" + config.get("database.dbname");
        try (Connection connection = new Driver().connect(url, properties);
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT confirmed_flush_lsn, coalesce(wal_status, '') FROM pg_replication_slots"
                                + " WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                String lsn = row.getString(1);
                return Optional.of(new SourceSlot(name, lsn == null ? null : Lsn.parse(lsn), row.getString(2)));
            }
        }
    }

    /** @throws ConnectException when changes behind {@code stored} may never be sent */
    static void refuseGap(Optional<SourceSlot> slot, String name, Map<String, ?> stored) {
        String why = null;
        if (slot.isEmpty()) {
            why = "is gone";
        } else if (slot.get().confirmed() == null || "lost".equals(slot.get().walStatus())) {
            why = "has lost its WAL";
        } else if (stored.get("lsn_commit") instanceof Number lsn
                && slot.get().confirmed().isAfter(new Lsn(lsn.longValue()))) {
            why = "is at " + slot.get().confirmed() + ", ahead of the stored offset " + new Lsn(lsn.longValue());
        }
        if (why != null) {
            throw new ConnectException("replication slot " + name + " " + why + ": changes may be missing. Stop the"
                    + " connector, delete its offsets by REST, run `lockstep expand`, start it, then `lockstep verify"
                    + " --repair`");
        }
    }
}
