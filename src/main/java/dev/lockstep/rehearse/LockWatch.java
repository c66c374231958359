package dev.lockstep.rehearse;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks now and then which locks our sessions wait for. Thread-safe. */
final class LockWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LockWatch.class);
    private static final Duration EVERY = Duration.ofMillis(100);

    private static final String WAITS = """
            SELECT l.pid || ' ' || l.waitstart AS wait,
                   l.mode || CASE WHEN l.relation IS NULL THEN ' of a ' || l.locktype ELSE ' of ' || l.relation::regclass END AS lock,
                   extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds
              FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE NOT l.granted AND l.waitstart IS NOT NULL AND starts_with(a.application_name, :ours)
            """;

    private record Wait(String lock, double seconds) {}

    private final Database database;
    private final String name;
    private final StopSignal stop = new StopSignal();
    private final Map<String, Wait> waits = new LinkedHashMap<>();
    private final Thread thread;

    private LockWatch(Database database, String name) {
        this.database = database;
        this.name = name;
        this.thread = new Thread(this::watch, "lock-watch");
    }

    /** @param name of whose sessions it looks at */
    static LockWatch start(Database database, String name) {
        LockWatch watch = new LockWatch(database, name);
        watch.thread.setDaemon(true);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try (Connection connection = database.open("lock-watch")) {
            while (!stop.pause(EVERY)) {
                look(connection);
            }
        } catch (SQLException | LockstepException e) {
            log.warn("locks are not looked at any more: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Connection connection) throws SQLException {
        Handles.tell(
                connection,
                handle -> handle.createQuery(WAITS)
                        .bind("ours", name + "/")
                        .map((row, ctx) -> Map.entry(
                                row.getString("wait"), new Wait(row.getString("lock"), row.getDouble("seconds"))))
                        .forEach(wait -> note(wait.getKey(), wait.getValue())));
    }

    private synchronized void note(String key, Wait wait) {
        waits.put(key, wait);
    }

    /** What was waited for since the last call. */
    synchronized List<RehearsalReport.LockWait> take() {
        Map<String, RehearsalReport.LockWait> byLock = new LinkedHashMap<>();
        waits.values()
                .forEach(wait -> byLock.merge(
                        wait.lock(),
                        new RehearsalReport.LockWait(wait.lock(), 1, wait.seconds()),
                        (a, b) -> new RehearsalReport.LockWait(
                                a.lock(), a.times() + 1, Math.max(a.longestSeconds(), b.longestSeconds()))));
        waits.clear();
        return new ArrayList<>(byLock.values());
    }

    @Override
    public void close() {
        stop.request();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
