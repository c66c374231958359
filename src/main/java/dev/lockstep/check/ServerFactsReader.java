package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Failover;
import dev.lockstep.check.ServerFacts.NameUse;
import dev.lockstep.check.ServerFacts.OldTransaction;
import dev.lockstep.check.ServerFacts.Others;
import dev.lockstep.check.ServerFacts.Role;
import dev.lockstep.check.ServerFacts.Settings;
import dev.lockstep.check.ServerFacts.Slot;
import dev.lockstep.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServerFacts}, of a server from version 14 on. Writes nothing and takes no lock beyond the catalog's. */
final class ServerFactsReader {

    private static final String SETTINGS = """
            SELECT current_setting('server_version_num')::int AS version_num, current_setting('server_version') AS version,
                   pg_is_in_recovery() AS standby, current_setting('wal_level') AS wal_level,
                   current_setting('max_replication_slots')::int AS max_slots,
                   (SELECT count(*) FROM pg_replication_slots) AS used_slots,
                   current_setting('max_wal_senders')::int AS max_senders,
                   (SELECT count(*) FROM pg_stat_replication) AS used_senders,
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS slot_wal_keep_mb,
                   coalesce((SELECT setting::bigint FROM pg_settings WHERE name = 'idle_replication_slot_timeout'), 0)
                     AS slot_idle_timeout,
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout') AS deadlock_ms
            """;

    /** rds_replication is how Amazon RDS grants what the REPLICATION attribute grants elsewhere. */
    private static final String ROLE = """
            SELECT current_user AS role_name, current_database() AS database_name,
                   r.rolsuper OR r.rolreplication
                     OR EXISTS (SELECT FROM pg_roles p WHERE p.rolname = 'rds_replication' AND pg_has_role(p.oid, 'MEMBER'))
                     AS may_replicate,
                   has_database_privilege(current_database(), 'CREATE') AS may_create,
                   pg_has_role('pg_read_all_stats', 'USAGE') AS sees_sessions,
                   ARRAY(SELECT p.proname::text FROM pg_proc p
                          WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (?)
                            AND NOT has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1) AS missing_functions,
                   ARRAY(SELECT n.nspname::text FROM pg_namespace n
                          WHERE n.nspname = ANY (?) AND NOT has_schema_privilege(n.oid, 'USAGE') ORDER BY 1) AS no_usage,
                   ARRAY(SELECT n.nspname::text FROM pg_namespace n
                          WHERE n.nspname = ANY (?) AND NOT has_schema_privilege(n.oid, 'CREATE') ORDER BY 1) AS no_create
              FROM pg_roles r WHERE r.rolname = current_user
            """;

    private static final String NAME = """
            SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = w.name) AS schema_exists,
                   EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = w.name AND c.relname = 'schema_version' AND c.relkind = 'r') AS schema_ours,
                   EXISTS (SELECT FROM pg_publication WHERE pubname = w.name) AS publication_exists,
                   s.slot_name IS NOT NULL AS slot_exists, coalesce(s.plugin, '') AS plugin,
                   coalesce(s.database, '') AS slot_database
              FROM (SELECT ?::text AS name) w LEFT JOIN pg_replication_slots s ON s.slot_name = w.name
            """;

    private static final String ORIGINS =
            "SELECT roname FROM pg_replication_origin WHERE NOT starts_with(roname, ? || '_') ORDER BY 1";

    private static final String SUBSCRIPTIONS = """
            SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
             WHERE d.datname = current_database() ORDER BY 1
            """;

    private static final String OLD_TRANSACTIONS = """
            SELECT false AS prepared, a.pid::text AS id, coalesce(a.datname, '') AS datname,
                   extract(epoch FROM clock_timestamp() - a.xact_start)::bigint AS seconds
              FROM pg_stat_activity a
             WHERE a.xact_start <= clock_timestamp() - make_interval(secs => ?) AND a.pid <> pg_backend_pid()
               AND a.backend_type = 'client backend'
            UNION ALL
            SELECT true, p.gid, p.database, extract(epoch FROM clock_timestamp() - p.prepared)::bigint
              FROM pg_prepared_xacts p WHERE p.prepared <= clock_timestamp() - make_interval(secs => ?)
             ORDER BY seconds DESC LIMIT 10
            """;

    /** The worker that copies slots is a session of its standby's. The column failover came with version 17. */
    private static final String FAILOVER = """
            SELECT (SELECT count(*) FROM pg_stat_replication r
                     WHERE NOT EXISTS (SELECT FROM pg_replication_slots s
                                        WHERE s.active_pid = r.pid AND s.slot_type = 'logical')) AS standbys,
                   (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%slotsync worker') AS syncing,
                   coalesce((SELECT setting FROM pg_settings WHERE name = 'synchronized_standby_slots'), '') AS awaited,
                   coalesce((SELECT (to_jsonb(s) ->> 'failover')::boolean FROM pg_replication_slots s
                              WHERE s.slot_name = ?), true) AS slot_stays
            """;

    private final Connection connection;
    private final Duration oldAfter;

    /** @param oldAfter how old a transaction has to be to be told of */
    ServerFactsReader(Connection connection, Duration oldAfter) {
        this.connection = connection;
        this.oldAfter = oldAfter;
    }

    /** Fit for servers of any version. */
    Settings settings() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SETTINGS);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Settings(
                    row.getInt("version_num"),
                    row.getString("version"),
                    row.getBoolean("standby"),
                    row.getString("wal_level"),
                    row.getInt("max_slots"),
                    row.getInt("used_slots"),
                    row.getInt("max_senders"),
                    row.getInt("used_senders"),
                    row.getLong("slot_wal_keep_mb"),
                    row.getLong("slot_idle_timeout"),
                    row.getLong("deadlock_ms"));
        }
    }

    /**
     * Everything.
     *
     * @param name the configured name
     * @param mapped the tables that the configuration names; those that are missing are left out
     */
    ServerFacts read(String name, Collection<TableName> mapped) throws SQLException {
        return new ServerFacts(
                settings(),
                role(mapped.stream().map(TableName::schema).distinct().toList()),
                nameUse(name),
                new Others(names(ORIGINS, name), names(SUBSCRIPTIONS, null), oldTransactions()),
                failover(name),
                TableFactsReader.read(connection, mapped));
    }

    private Role role(List<String> schemas) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ROLE)) {
            Array schemaArray = connection.createArrayOf("text", schemas.toArray());
            statement.setArray(1, connection.createArrayOf("text", RoleChecks.ORIGIN_FUNCTIONS.toArray()));
            statement.setArray(2, schemaArray);
            statement.setArray(3, schemaArray);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Role(
                        row.getString("role_name"),
                        row.getString("database_name"),
                        row.getBoolean("may_replicate"),
                        row.getBoolean("may_create"),
                        texts(row, "missing_functions"),
                        row.getBoolean("sees_sessions"),
                        texts(row, "no_usage"),
                        texts(row, "no_create"));
            }
        }
    }

    private NameUse nameUse(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NAME)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new NameUse(
                        row.getBoolean("schema_exists"),
                        row.getBoolean("schema_ours"),
                        row.getBoolean("publication_exists"),
                        row.getBoolean("slot_exists")
                                ? new Slot(row.getString("plugin"), row.getString("slot_database"))
                                : null);
            }
        }
    }

    private Failover failover(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FAILOVER)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Failover(
                        row.getLong("standbys"),
                        row.getLong("syncing"),
                        row.getString("awaited"),
                        row.getBoolean("slot_stays"));
            }
        }
    }

    private List<OldTransaction> oldTransactions() throws SQLException {
        List<OldTransaction> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(OLD_TRANSACTIONS)) {
            statement.setDouble(1, oldAfter.toMillis() / 1000.0);
            statement.setDouble(2, oldAfter.toMillis() / 1000.0);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new OldTransaction(
                            row.getBoolean("prepared"),
                            row.getString("id"),
                            row.getString("datname"),
                            row.getLong("seconds")));
                }
            }
        }
        return found;
    }

    private List<String> names(String sql, @Nullable String parameter) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (parameter != null) {
                statement.setString(1, parameter);
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    names.add(row.getString(1));
                }
            }
        }
        return names;
    }

    static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }
}
