package dev.lockstep.verify;

import dev.lockstep.database.Database;
import dev.lockstep.database.KeptSession;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether anybody waits for a lock of sessions that compare, and rolls them back then: whoever wants a table for himself
 * (ALTER TABLE, TRUNCATE, VACUUM FULL) has its writers wait behind him meanwhile, and the comparison may be held up by what
 * comes of that. Thread-safe.
 */
final class LockWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LockWatch.class);

    private static final Duration EVERY = Duration.ofMillis(500);

    private static final String SQL = "SELECT l.relation::regclass::text FROM pg_locks l WHERE NOT l.granted"
            + " AND l.locktype = 'relation'"
            + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            + " AND l.waitstart < clock_timestamp() - interval '1 s' AND pg_blocking_pids(l.pid) && ? LIMIT 1";

    private final KeptSession session;
    private final StopSignal ended = new StopSignal();
    private final List<Connection> watched = new CopyOnWriteArrayList<>();
    private final Map<Connection, Integer> pids = new ConcurrentHashMap<>();
    private final Thread thread = new Thread(this::watch, "lockstep-lock-watch");
    private volatile @Nullable String wanted;
    private boolean told;

    LockWatch(Database database) {
        this.session = new KeptSession(database, "verify");
        thread.setDaemon(true);
        thread.start();
    }

    /** To be rolled back, too; the one that holds the most comes first. */
    void add(Connection connection) throws SQLException {
        pids.put(connection, connection.unwrap(PGConnection.class).getBackendPID());
        watched.add(connection);
    }

    /** The table that somebody waited for: what was read since is worth nothing. Null while nobody did. */
    @Nullable
    String wanted() {
        return wanted;
    }

    private void watch() {
        try (session) {
            while (!ended.pause(EVERY)) {
                String table = wanted;
                if (table == null) {
                    table = ask();
                    wanted = table;
                }
                if (table != null) { // again and again: a statement that was running has begun a new transaction
                    watched.forEach(LockWatch::letGo);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable String ask() {
        try {
            Connection connection = session.connection();
            Array array = connection.createArrayOf("int4", pids.values().toArray());
            try (PreparedStatement statement = connection.prepareStatement(SQL)) {
                statement.setArray(1, array);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? row.getString(1) : null;
                }
            }
        } catch (SQLException | LockstepException e) {
            session.close();
            if (!told) {
                told = true;
                log.warn("whether anybody waits for the verification's locks cannot be asked: {}", e.getMessage());
            }
            return null;
        }
    }

    private static void letGo(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            log.debug("it is gone, and so are its locks", e);
        }
    }

    /** Returns when no session is rolled back any more. */
    @Override
    public void close() {
        ended.request();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
