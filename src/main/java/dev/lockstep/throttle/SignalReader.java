package dev.lockstep.throttle;

import dev.lockstep.sql.Sql;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Reads the signals from the server's own views. What the role may not see counts as nothing: {@code pg_monitor} shows all.
 * Not thread-safe.
 */
public final class SignalReader {

    private static final Duration WINDOW = Duration.ofMinutes(5);

    private static final String SEGMENT =
            "('x' || substr(%1$s, 9, 8))::bit(32)::bigint * (4294967296 / w.size) + ('x' || substr(%1$s, 17, 8))::bit(32)::bigint";

    private static final String SQL = """
            SELECT
              (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)), 0) FROM pg_stat_replication r
                WHERE NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_type = 'logical' AND s.active_pid = r.pid)),
              (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend'
                AND application_name NOT LIKE :ours),
              (SELECT %s),
              (SELECT CASE WHEN current_setting('archive_mode') = 'off' OR a.last IS NULL THEN 0
                  ELSE greatest(0, (%s) - (%s) - 1) END
                FROM (SELECT coalesce(last_archived_wal, last_failed_wal) AS last FROM pg_stat_archiver) a,
                  (SELECT pg_walfile_name(pg_current_wal_lsn()) AS now,
                    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS size) w),
              (SELECT count(*) FROM pg_stat_activity w WHERE w.wait_event_type = 'Lock' AND w.application_name NOT LIKE :ours
                AND EXISTS (SELECT FROM unnest(pg_blocking_pids(w.pid)) b JOIN pg_stat_activity o ON o.pid = b
                  WHERE o.application_name LIKE :ours)),
              (SELECT CASE WHEN l.expires_at > clock_timestamp() THEN greatest(0,
                  extract(epoch FROM clock_timestamp() - p.commit_time) - :heartbeat) ELSE 0 END FROM %s.lease l, %s.position p)
            """;

    private record Checkpoints(long nanos, double requested) {}

    private final String name;
    private final Duration heartbeat;
    private final Deque<Checkpoints> checkpoints = new ArrayDeque<>();

    /**
     * @param name the configured name
     * @param heartbeat how long a quiet stream is allowed to say nothing
     */
    public SignalReader(String name, Duration heartbeat) {
        this.name = name;
        this.heartbeat = heartbeat;
    }

    public Map<Signal, Double> read(Handle handle) {
        boolean apart = handle.createQuery("SELECT current_setting('server_version_num')::int >= 170000")
                .mapTo(Boolean.class)
                .one();
        String requested = apart ? "num_requested FROM pg_stat_checkpointer" : "checkpoints_req FROM pg_stat_bgwriter";
        String sql = SQL.formatted(
                requested, SEGMENT.formatted("w.now"), SEGMENT.formatted("a.last"), Sql.quote(name), Sql.quote(name));
        return handle.createQuery(sql)
                .bind("ours", name.replace("_", "\\_") + "/%")
                .bind("heartbeat", heartbeat.toMillis() / 1000.0)
                .map((row, ctx) -> {
                    Map<Signal, Double> values = new EnumMap<>(Signal.class);
                    values.put(Signal.STANDBY_LAG_BYTES, row.getDouble(1));
                    values.put(Signal.ACTIVE_SESSIONS, row.getDouble(2));
                    values.put(Signal.CHECKPOINTS_REQUESTED, lately(System.nanoTime(), row.getDouble(3)));
                    values.put(Signal.ARCHIVE_WAITING, row.getDouble(4));
                    values.put(Signal.LOCK_WAITS, row.getDouble(5));
                    values.put(Signal.STREAM_LAG_SECONDS, row.getDouble(6));
                    return values;
                })
                .one();
    }

    /** The server only counts; what came in the last minutes we have to know. */
    private double lately(long nanos, double requested) {
        if (!checkpoints.isEmpty() && checkpoints.getLast().requested() > requested) {
            checkpoints.clear(); // the statistics were reset
        }
        checkpoints.addLast(new Checkpoints(nanos, requested));
        while (nanos - checkpoints.getFirst().nanos() > WINDOW.toNanos()) {
            checkpoints.removeFirst();
        }
        return requested - checkpoints.getFirst().requested();
    }
}
