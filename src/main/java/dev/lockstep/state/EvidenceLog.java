package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** What was verified when and where, kept for the gate. */
public final class EvidenceLog {

    private final String table;

    public EvidenceLog(String name) {
        this.table = Sql.quote(name) + ".evidence";
    }

    /** @param report JSON without any row's content */
    public void record(Handle handle, String kind, Instant began, Lsn asOf, boolean clean, String report) {
        handle.createUpdate(
                        "INSERT INTO " + table
                                + " (kind, began_at, as_of, system_id, timeline, clean, report) SELECT :kind, :began, :asOf::pg_lsn,"
                                + " (SELECT system_identifier FROM pg_control_system()),"
                                + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, :clean, :report::jsonb")
                .bind("kind", kind)
                .bind("began", Timestamp.from(began))
                .bind("asOf", asOf.toString())
                .bind("clean", clean)
                .bind("report", report)
                .execute();
    }

    /** The last verification. */
    public record Last(String kind, boolean clean, Instant endedAt, String asOf) {}

    public Optional<Last> last(Handle handle) {
        return handle.createQuery(
                        "SELECT kind, clean, ended_at, as_of::text FROM " + table + " ORDER BY id DESC LIMIT 1")
                .map((row, ctx) -> new Last(
                        row.getString(1), row.getBoolean(2), row.getTimestamp(3).toInstant(), row.getString(4)))
                .findOne();
    }

    /** Rows out of step by table, as the last verification found them. */
    public Map<String, Long> lastDrift(Handle handle) {
        return handle
                .createQuery("SELECT t ->> 'table' AS name, coalesce((t ->> 'missing')::bigint, 0)"
                        + " + coalesce((t ->> 'wrong')::bigint, 0) + coalesce((t ->> 'hashWrong')::bigint, 0) AS rows"
                        + " FROM jsonb_array_elements((SELECT report -> 'tables' FROM " + table
                        + " WHERE kind = 'verify' ORDER BY id DESC LIMIT 1)) t")
                .map((row, ctx) -> Map.entry(row.getString("name"), row.getLong("rows")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Long::sum));
    }
}
