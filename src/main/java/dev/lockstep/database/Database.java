package dev.lockstep.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.WeakHashMap;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Opens connections to the source server. Every session of ours is called {@code <name>/<role>}, commits with
 * {@code synchronous_commit=local} (an absent standby must not hang us) and never waits for a lock without a limit.
 * Thread-safe.
 */
public final class Database {

    /** Fit for every short transaction: well under the default {@code deadlock_timeout} of 1 s. */
    private static final String SESSION_OPTIONS =
            "-c synchronous_commit=local -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
                    + " -c idle_session_timeout=0 -c jit=off"
                    + " -c TimeZone=UTC -c client_min_messages=error"
                    // so that what stands between does not forget a session that is idle, and a dead one keeps no lock
                    + " -c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=6";

    /** For the sessions by which a dead network is noticed; they ask nothing that takes long. */
    private static final Set<String> IMPATIENT = Set.of("lease", "run-beat", "run-clock", "run-guard");

    private static final String IMPATIENT_SECONDS = "10";

    private final DatabaseConfig config;
    private final String name;
    private final Map<Connection, String> opened = Collections.synchronizedMap(new WeakHashMap<>());

    public Database(DatabaseConfig config, String name) {
        this.config = config;
        this.name = name;
    }

    /**
     * A connection of its own, in auto-commit mode; the caller closes it.
     *
     * @param role what it is for, shown in {@code pg_stat_activity.application_name}
     * @throws LockstepException when the server cannot be reached or refuses us
     */
    public Connection open(String role) {
        try {
            Properties properties = properties(role);
            if (IMPATIENT.contains(role)) {
                properties.setProperty("socketTimeout", IMPATIENT_SECONDS);
            }
            Connection connection = DriverManager.getConnection(config.address(), properties);
            opened.put(connection, role);
            return connection;
        } catch (SQLException e) {
            throw ConnectFailure.explain(config, e);
        }
    }

    /**
     * A connection in the replication protocol, for its commands as simple statements; the caller closes it.
     *
     * @param role as in {@link #open}
     * @throws LockstepException when the server cannot be reached or refuses us
     */
    public Connection openReplication(String role) {
        Properties properties = properties(role);
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "14"); // else the driver does not ask for the protocol
        try {
            return DriverManager.getConnection(config.address(), properties);
        } catch (SQLException e) {
            throw ConnectFailure.explain(config, e);
        }
    }

    /**
     * Breaks connections that were opened here and lead nowhere any more: whoever waits for an answer gets an error, as
     * when the server had closed them. The server may not notice.
     *
     * @param rolePrefix of their roles
     * @param except one that is known to be alive
     */
    public void abandon(String rolePrefix, Connection except) throws SQLException {
        List<Connection> dead;
        synchronized (opened) {
            dead = opened.entrySet().stream()
                    .filter(one -> one.getValue().startsWith(rolePrefix) && one.getKey() != except)
                    .map(Map.Entry::getKey)
                    .toList();
        }
        for (Connection connection : dead) {
            connection.abort(Runnable::run);
        }
    }

    /**
     * A pool whose connections are in auto-commit mode; the caller closes it. It connects lazily.
     *
     * @param role as in {@link #open}
     * @param size most connections at once
     */
    public HikariDataSource pool(String role, int size) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(config.address());
        pool.setDataSourceProperties(properties(role));
        pool.setPoolName(name + "-" + role);
        pool.setMaximumPoolSize(size);
        pool.setMinimumIdle(0);
        pool.setInitializationFailTimeout(-1);
        pool.setConnectionTimeout(10_000);
        return new HikariDataSource(pool);
    }

    public DatabaseConfig config() {
        return config;
    }

    /** Those of the URL, and ours: what a session of ours is called and how it behaves is not for the URL to say. */
    private Properties properties(String role) {
        Properties properties = parameters();
        boolean severalHosts = PGProperty.PG_HOST.getOrDefault(properties).contains(",");
        properties.setProperty("user", config.user());
        properties.setProperty("password", config.password());
        properties.setProperty("ApplicationName", name + "/" + role);
        properties.setProperty("options", (properties.getProperty("options", "") + " " + SESSION_OPTIONS).strip());
        properties.setProperty("logServerErrorDetail", "false"); // DETAIL quotes rows
        properties.setProperty("reWriteBatchedInserts", "true");
        properties.putIfAbsent("connectTimeout", "10");
        properties.putIfAbsent("loginTimeout", "15");
        properties.putIfAbsent("tcpKeepAlive", "true");
        if (severalHosts) {
            properties.putIfAbsent("targetServerType", "primary"); // after a failover it is another one
        }
        return properties;
    }

    private Properties parameters() {
        Properties parsed = Driver.parseURL(config.url(), new Properties());
        return parsed == null ? new Properties() : parsed;
    }
}
