package dev.lockstep.monitor.http;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.testing.TestDatabase;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the server itself says of each number of the status, in SQL of the tests' own. A query gives two columns: the number
 * is their difference, and each of them only ever grows, so that two looks bracket a number that moves between them.
 */
final class ServerNumbers {

    private static final String WAL = "pg_current_wal_lsn() - '0/0'";
    private static final String SLOT = " FROM pg_replication_slots WHERE slot_name = '$n'";
    private static final String HELD = "SELECT " + WAL + ", restart_lsn - '0/0'" + SLOT;
    private static final String FREE = "(SELECT wal_free_disk_bytes FROM $n.observed)";
    private static final String FOUR_TIMES =
            "4 * (SELECT setting::numeric * 1048576 FROM pg_settings WHERE name = 'max_wal_size')";
    private static final String SCAN = " FROM $n.scan ORDER BY gap_id, table_schema, table_name LIMIT 1 OFFSET $1";
    private static final String BLOCKS = "coalesce(end_block, pg_relation_size(format('%I.%I', table_schema,"
            + " table_name)::regclass) / current_setting('block_size')::bigint)";
    private static final String OTHERS = "application_name NOT LIKE '$n/%' AND pid <> pg_backend_pid()";

    /** By path, {@code $1} being what its parentheses hold; {@code $n} is the name of the control schema. */
    private static final Map<String, String> QUERIES = Map.ofEntries(
            entry("lag\\.bytes", "SELECT " + WAL + ", confirmed_flush_lsn - '0/0'" + SLOT),
            entry(
                    "(?:lag\\.seconds|process\\.lagSeconds)",
                    "SELECT extract(epoch FROM clock_timestamp()), extract(epoch FROM commit_time) FROM $n.position"),
            entry("slot\\.retainedBytes", HELD),
            entry("slot\\.safeBytes", "SELECT safe_wal_size, 0" + SLOT),
            entry("budget\\.usedBytes", HELD),
            entry(
                    "budget\\.leftBytes",
                    "SELECT coalesce(" + FREE + ", " + FOUR_TIMES + " + (restart_lsn - '0/0')), CASE WHEN " + FREE
                            + " IS NULL THEN " + WAL + " ELSE 0 END" + SLOT),
            entry(
                    "budget\\.limitBytes",
                    "SELECT coalesce(" + FREE + " + (" + WAL + "), " + FOUR_TIMES + "), CASE WHEN " + FREE
                            + " IS NULL THEN 0 ELSE restart_lsn - '0/0' END" + SLOT),
            entry("budget\\.walBytesPerSecond", "SELECT wal_bytes_per_second, 0 FROM $n.observed"),
            entry("runner\\.epoch", "SELECT epoch, 0 FROM $n.lease"),
            entry(
                    "standbys",
                    "SELECT count(*) - 1, 0 FROM pg_stat_activity WHERE application_name = '$n/lease'"
                            + " AND datname = current_database()"),
            entry("backfill\\.(\\d+)\\.done", "SELECT next_block, 0" + SCAN),
            entry("backfill\\.(\\d+)\\.total", "SELECT " + BLOCKS + ", 0" + SCAN),
            entry("backfill\\.(\\d+)\\.rowsWritten", "SELECT rows_written, 0" + SCAN),
            entry("deadLetters", "SELECT count(*), 0 FROM $n.dead_letter"),
            entry(
                    "deadLetterExamples\\.(\\d+)\\.tries",
                    "SELECT tries, 0 FROM $n.dead_letter ORDER BY first_seen LIMIT 1 OFFSET $1"),
            entry("gaps", "SELECT count(*), 0 FROM $n.gap"),
            entry("gapsOpen", "SELECT count(*), 0 FROM $n.gap WHERE scanned_at IS NULL"),
            entry("gapsUnverified", "SELECT count(*), 0 FROM $n.gap WHERE verified_at IS NULL"),
            entry("rowsStreamed", "SELECT rows_streamed, 0 FROM $n.position"),
            entry("rowsScanned", "SELECT sum(rows_written), 0 FROM $n.scan"),
            entry(
                    "drift\\.(.+)",
                    "SELECT (t -> 'missing')::int + (t -> 'wrong')::int + (t -> 'hashWrong')::int, 0 FROM $n.evidence,"
                            + " jsonb_array_elements(report -> 'tables') t WHERE t ->> 'table' = '$1' ORDER BY id DESC LIMIT 1"),
            entry(
                    "savepoints\\.(\\d+)\\.retainedBytes",
                    "SELECT " + WAL + ", restart_lsn - '0/0' FROM pg_replication_slots s JOIN $n.savepoint p"
                            + " ON p.slot = s.slot_name ORDER BY created_at LIMIT 1 OFFSET $1"),
            entry(
                    "census\\.(\\d+)\\.writes",
                    "SELECT sum(writes), 0 FROM $n.census GROUP BY table_schema, table_name"
                            + " ORDER BY table_schema, table_name LIMIT 1 OFFSET $1"),
            entry("server\\.version", "SELECT split_part(current_setting('server_version'), ' ', 1)::numeric, 0"),
            entry("server\\.timeline", "SELECT timeline_id, 0 FROM pg_control_checkpoint()"),
            entry("server\\.systemId", "SELECT system_identifier, 0 FROM pg_control_system()"));

    /** The signals of the throttle, by name. */
    private static final Map<String, String> SIGNALS = Map.of(
            "standbyLagBytes",
                    "SELECT coalesce(max(pg_current_wal_lsn() - replay_lsn), 0), 0 FROM pg_stat_replication WHERE pid NOT IN"
                            + " (SELECT active_pid FROM pg_replication_slots WHERE active_pid IS NOT NULL)",
            "activeSessions",
                    "SELECT count(*), 0 FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' AND "
                            + OTHERS,
            "archiveWaiting", "SELECT CASE current_setting('archive_mode') WHEN 'off' THEN 0 END, 0",
            "lockWaits", "SELECT count(*), 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND " + OTHERS,
            "streamLagSeconds",
                    "SELECT extract(epoch FROM clock_timestamp()), extract(epoch FROM commit_time) + 1 FROM $n.position");

    private final TestDatabase database;
    private final String name;

    ServerNumbers(TestDatabase database, String name) {
        this.database = database;
        this.name = name;
    }

    /** The number is {@code up - down}; both null when the server says NULL. */
    record Look(Double up, Double down) {

        /** Whether {@code value} lies between this look and a later one; negative lags are shown as 0. */
        boolean brackets(Look later, double value) {
            if (up == null || later.up == null) {
                return false;
            }
            double low = Math.min(up - later.down, later.up - later.down);
            double high = Math.max(later.up - down, up - down);
            double slack = 0.002 + Math.abs(high) * 1e-9;
            return value >= Math.max(0, low) - slack && value <= Math.max(0, high) + slack;
        }
    }

    /** Empty for a number that is not the server's. */
    Optional<Look> look(String path, JsonNode status) throws SQLException {
        Matcher signal = Pattern.compile("throttle\\.signals\\.(\\d+)\\.value").matcher(path);
        if (signal.matches()) {
            String called =
                    status.at("/throttle/signals/" + signal.group(1) + "/name").asText();
            return SIGNALS.containsKey(called) ? Optional.of(ask(SIGNALS.get(called))) : Optional.empty();
        }
        for (Map.Entry<String, String> query : QUERIES.entrySet()) {
            Matcher matcher = Pattern.compile(query.getKey()).matcher(path);
            if (matcher.matches()) {
                return Optional.of(ask(
                        matcher.groupCount() == 0
                                ? query.getValue()
                                : query.getValue().replace("$1", matcher.group(1))));
            }
        }
        return Optional.empty();
    }

    private Look ask(String sql) throws SQLException {
        List<List<String>> rows = database.rows(sql.replace("$n", name));
        String up = rows.isEmpty() ? null : rows.get(0).get(0);
        String down = rows.isEmpty() ? null : rows.get(0).get(1);
        return new Look(up == null ? null : Double.valueOf(up), down == null ? null : Double.valueOf(down));
    }
}
