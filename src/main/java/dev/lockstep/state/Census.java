package dev.lockstep.state;

import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Rows that came from writers who know nothing of agents, by table and hour. What a crash repeats is counted again. */
public final class Census {

    private static final int HOURS = 24;

    private final String name;
    private final String table;
    private final String clients;

    public Census(String name) {
        this.name = name;
        this.table = Sql.quote(name) + ".census";
        this.clients = Sql.quote(name) + ".census_client";
    }

    /** The hour of a table. */
    public record Cell(TableName table, Instant hour) {

        /** Of a row committed at {@code time}. */
        public static Cell of(TableName table, Instant time) {
            return new Cell(table, time.truncatedTo(ChronoUnit.HOURS));
        }
    }

    /**
     * @param writes rows
     * @param lastSeen commit time of the last of them
     */
    public record Count(long writes, Instant lastSeen) {

        public Count plus(Count other) {
            return new Count(writes + other.writes, lastSeen.isBefore(other.lastSeen) ? other.lastSeen : lastSeen);
        }
    }

    /** Adds counts in the caller's transaction. */
    public void add(Connection connection, Map<Cell, Count> counts) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO " + table
                + " AS c (table_schema, table_name, hour, writes, last_seen) VALUES (?, ?, ?, ?, ?)"
                + " ON CONFLICT (table_schema, table_name, hour) DO UPDATE SET writes = c.writes + excluded.writes,"
                + " last_seen = greatest(c.last_seen, excluded.last_seen)")) {
            for (Map.Entry<Cell, Count> entry : counts.entrySet()) {
                statement.setString(1, entry.getKey().table().schema());
                statement.setString(2, entry.getKey().table().name());
                statement.setTimestamp(3, Timestamp.from(entry.getKey().hour()));
                statement.setLong(4, entry.getValue().writes());
                statement.setTimestamp(5, Timestamp.from(entry.getValue().lastSeen()));
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    /**
     * Who was connected while rows of old writers came.
     *
     * @param applicationName as the session calls itself; may be empty
     */
    public record Client(String applicationName, String user, Instant lastSeen) {}

    /** Notes who is connected now, if such a row came within so many seconds. */
    public void noteClients(Handle handle, double seconds) {
        handle.createUpdate("INSERT INTO " + clients + " AS c (application_name, user_name, last_seen)"
                        + " SELECT a.application_name, coalesce(a.usename, ''), max(clock_timestamp())"
                        + " FROM pg_stat_activity a WHERE a.datname = current_database() AND a.backend_type = 'client backend'"
                        + " AND a.pid <> pg_backend_pid()"
                        // ours are called name/role, those of a replay name_replay/role, and for a moment nothing at
                        // all
                        + " AND NOT (a.application_name ~ ('^' || :ours || '(_[a-z0-9_]+)?/') AND a.usename = session_user)"
                        + " AND NOT (a.application_name = '' AND a.usename = session_user"
                        + " AND a.backend_start > clock_timestamp() - interval '5 s')"
                        + " AND (SELECT max(last_seen) FROM " + table
                        + ") > clock_timestamp() - make_interval(secs => :seconds)"
                        + " GROUP BY 1, 2"
                        + " ON CONFLICT (application_name, user_name) DO UPDATE SET last_seen = excluded.last_seen")
                .bind("ours", name)
                .bind("seconds", seconds)
                .execute();
    }

    /** Those seen within the last day, the last first. */
    public List<Client> clients(Handle handle) {
        return handle.createQuery("SELECT application_name, user_name, last_seen FROM " + clients
                        + " WHERE last_seen > clock_timestamp() - interval '1 d' ORDER BY last_seen DESC, 1, 2")
                .map((row, ctx) -> new Client(
                        row.getString(1), row.getString(2), row.getTimestamp(3).toInstant()))
                .list();
    }

    /** One hour of a table, as counted. */
    public record Hour(TableName table, Instant hour, long writes, Instant lastSeen) {}

    /** The last hours of each table in which there were any, newest first. */
    public List<Hour> recent(Handle handle) {
        return handle.createQuery(
                        "SELECT table_schema, table_name, hour, writes, last_seen FROM (SELECT *, row_number()"
                                + " OVER (PARTITION BY table_schema, table_name ORDER BY hour DESC) AS nr FROM " + table
                                + ") c WHERE nr <= " + HOURS + " ORDER BY table_schema, table_name, hour DESC")
                .map((row, ctx) -> new Hour(
                        new TableName(row.getString(1), row.getString(2)),
                        row.getTimestamp(3).toInstant(),
                        row.getLong(4),
                        row.getTimestamp(5).toInstant()))
                .list();
    }
}
