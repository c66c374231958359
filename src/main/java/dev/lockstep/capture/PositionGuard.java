package dev.lockstep.capture;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.catalog.PublicationReader;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.sql.PublicationSpec;
import dev.lockstep.state.Positions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link GuardFacts}. Debezium's own checks do not catch a gap (FACTS, how rows get lost, 4), so this comes before
 * every start of the stream. Stateless.
 */
public final class PositionGuard {

    private final String name;
    private final Mapping mapping;

    public PositionGuard(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    /** All of the facts. */
    public GuardFacts read(Connection connection) throws SQLException {
        GuardFacts.Slot slot = slot(connection);
        Position position = new Positions(name)
                .read(Jdbi.open(connection))
                .map(Positions.Stored::position)
                .orElse(null);
        Position server = serverEnd(connection);
        return new GuardFacts(
                slot, position, server.systemId(), server.timeline(), server.lsn(), publication(connection));
    }

    /** How the publication differs from what it has to be. */
    public List<String> publication(Connection connection) throws SQLException {
        int major = connection.getMetaData().getDatabaseMajorVersion();
        List<TableName> tables = new ArrayList<>(mapping.captured());
        mapping.tables().forEach(t -> tables.addAll(t.leaves()));
        PublicationSpec spec = PublicationSpec.of(name, mapping, new CatalogReader().read(connection, tables), major);
        return new PublicationReader()
                .read(connection, name)
                .map(spec::differenceFrom)
                .orElse(List.of("it does not exist"));
    }

    /**
     * Captured tables that an ALTER has made unfit: while they are published, their writers' UPDATE and DELETE fail. Empty
     * also when they are not published any more.
     */
    public List<TableName> unfit(Connection connection) throws SQLException {
        List<TableName> unfit = PublicationSpec.unfit(mapping, shapes(connection));
        if (unfit.isEmpty()) {
            return unfit;
        }
        return new PublicationReader()
                .read(connection, name)
                .map(actual ->
                        unfit.stream().filter(actual.tables()::containsKey).toList())
                .orElse(List.of());
    }

    private Map<TableName, TableShape> shapes(Connection connection) throws SQLException {
        List<TableName> tables = new ArrayList<>(mapping.captured());
        mapping.tables().forEach(t -> tables.addAll(t.leaves()));
        return new CatalogReader().read(connection, tables);
    }

    /** The end of the server's WAL, now, as a position. */
    public static Position serverEnd(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text,"
                        + " (SELECT system_identifier FROM pg_control_system()),"
                        + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, now()")) {
            row.next();
            return new Position(
                    Lsn.parse(row.getString(1)),
                    row.getLong(2),
                    row.getInt(3),
                    row.getTimestamp(4).toInstant());
        }
    }

    private GuardFacts.@Nullable Slot slot(Connection connection) throws SQLException {
        boolean reasons = connection.getMetaData().getDatabaseMajorVersion() >= 17;
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT coalesce(plugin = 'pgoutput' AND database = current_database(), false), coalesce(wal_status, ''), "
                        + (reasons ? "coalesce(invalidation_reason, '')" : "''")
                        + ", restart_lsn::text, confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? new GuardFacts.Slot(
                                row.getBoolean(1),
                                row.getString(2),
                                row.getString(3),
                                lsn(row.getString(4)),
                                lsn(row.getString(5)))
                        : null;
            }
        }
    }

    private static @Nullable Lsn lsn(@Nullable String text) {
        return text == null ? null : Lsn.parse(text);
    }
}
