package dev.lockstep.monitor;

import dev.lockstep.monitor.StatusReport.Lag;
import dev.lockstep.monitor.StatusReport.Server;
import dev.lockstep.monitor.StatusReport.Slot;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.Positions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** What the server's own views say of slot, lag and sessions. */
final class ServerView {

    private final String name;

    ServerView(String name) {
        this.name = name;
    }

    Lag lag(Handle handle, Optional<Positions.Stored> position) {
        Long bytes = handle.createQuery("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint"
                        + " FROM pg_replication_slots WHERE slot_name = :name")
                .bind("name", name)
                .mapTo(Long.class)
                .findOne()
                .orElse(null);
        Instant now = handle.createQuery("SELECT clock_timestamp()")
                .mapTo(Instant.class)
                .one();
        return new Lag(
                bytes,
                position.map(p -> Math.max(
                                0,
                                Duration.between(p.position().commitTime(), now).toMillis() / 1000.0))
                        .orElse(null));
    }

    Slot slot(Handle handle) {
        return handle.createQuery("SELECT active, wal_status, safe_wal_size,"
                        + " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained"
                        + " FROM pg_replication_slots WHERE slot_name = :name")
                .bind("name", name)
                .map((row, ctx) -> new Slot(
                        name,
                        true,
                        row.getBoolean("active"),
                        row.getString("wal_status"),
                        row.getObject("retained", Long.class),
                        row.getObject("safe_wal_size", Long.class)))
                .findOne()
                .orElse(new Slot(name, false, false, null, null, null));
    }

    Server server(Handle handle) {
        return handle.createQuery("SELECT current_setting('server_version'),"
                        + " (SELECT system_identifier::text FROM pg_control_system()),"
                        + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int")
                .map((row, ctx) -> new Server(row.getString(1), row.getString(2), row.getInt(3)))
                .one();
    }

    /** Sessions that ask for the lease, but for that of the process which has it. */
    int standbys(Handle handle) {
        return handle.createQuery("SELECT count(*) FROM pg_stat_activity a, " + Sql.quote(name)
                        + ".lease l WHERE a.datname = current_database() AND a.application_name = :lease"
                        + " AND a.pid <> l.backend_pid")
                .bind("lease", name + "/lease")
                .mapTo(Integer.class)
                .one();
    }
}
