package dev.lockstep.capture;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.catalog.PublicationReader;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Position;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.sql.PublicationSpec;
import dev.lockstep.state.Positions;
import dev.lockstep.state.ServerEnd;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link GuardFacts}. Debezium's own checks do not catch a gap (FACTS, how rows get lost, 4), so this comes before
 * every start of the stream. Stateless.
 */
public final class PositionGuard {

    private static final String ORIGIN_NONE = "origin=none ";

    private final String name;
    private final Mapping mapping;

    public PositionGuard(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    /** All of the facts. */
    public GuardFacts read(Connection connection) throws SQLException {
        GuardFacts.Slot slot = slot(connection);
        Position position = Handles.ask(connection, new Positions(name)::read)
                .map(Positions.Stored::position)
                .orElse(null);
        Position server = ServerEnd.read(connection);
        return new GuardFacts(
                slot,
                position,
                server.systemId(),
                server.timeline(),
                server.lsn(),
                publication(connection, shapes(connection)),
                leavesOthersOut(connection));
    }

    /** What {@link #remember} takes. Read it before the facts. */
    public String version(Connection connection, boolean originNone) throws SQLException {
        return (originNone ? ORIGIN_NONE : "") + new PublicationReader().version(connection, name);
    }

    /** Remembers what the stream is opened on: from here on any change of the publication is a difference. */
    public void remember(Connection connection, String version) throws SQLException {
        Handles.tell(connection, handle -> new Positions(name).opened(handle, version));
    }

    /** The tables that are published, as they are now. */
    public Map<TableName, TableShape> shapes(Connection connection) throws SQLException {
        List<TableName> tables = new ArrayList<>(mapping.captured());
        mapping.tables().forEach(t -> tables.addAll(t.leaves()));
        return new CatalogReader().read(connection, tables);
    }

    /** How the publication differs from what it has to be, and has been ever since the stream was opened on it. */
    public List<String> publication(Connection connection, Map<TableName, TableShape> shapes) throws SQLException {
        List<String> differences = differences(connection, shapes);
        String opened = Handles.ask(connection, new Positions(name)::openedOn);
        return differences.isEmpty()
                        && !opened.isEmpty()
                        && !opened.equals(version(connection, opened.startsWith(ORIGIN_NONE)))
                ? List.of("it was altered, and altered back")
                : differences;
    }

    /** Whether the server leaves out the commits of every origin, while there is one that is not ours. */
    public boolean leavesOthersOut(Connection connection) throws SQLException {
        return Handles.ask(connection, new Positions(name)::openedOn).startsWith(ORIGIN_NONE)
                && !Origins.mayAskForNone(connection, name);
    }

    private List<String> differences(Connection connection, Map<TableName, TableShape> shapes) throws SQLException {
        int major = connection.getMetaData().getDatabaseMajorVersion();
        PublicationSpec spec = PublicationSpec.of(name, mapping, shapes, major);
        return new PublicationReader()
                .read(connection, name)
                .map(spec::differenceFrom)
                .orElse(List.of("it does not exist"));
    }

    /**
     * Captured tables that an ALTER has made unfit: while they are published, their writers' UPDATE and DELETE fail. Empty
     * also when they are not published any more.
     */
    public List<TableName> unfit(Connection connection, Map<TableName, TableShape> shapes) throws SQLException {
        List<TableName> unfit = PublicationSpec.unfit(mapping, shapes);
        if (unfit.isEmpty()) {
            return unfit;
        }
        return new PublicationReader()
                .read(connection, name)
                .map(actual ->
                        unfit.stream().filter(actual.tables()::containsKey).toList())
                .orElse(List.of());
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
