package dev.lockstep.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Cost;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The steps of the migration among the evidence: what each took, of a rehearsal and of the real run alike. */
public final class StepLog {

    /** In the order in which they are done. */
    public static final List<String> STEPS = List.of("expand", "backfill", "verify", "cutover", "contract");

    private static final String BACKFILL = "backfill";

    /** The first that came to its end: what is repeated later repairs, and takes another time. */
    private static final String COSTS = """
            SELECT DISTINCT ON (kind) kind,
                   CASE kind WHEN 'verify' THEN (SELECT sum((t ->> 'rows')::bigint) FROM jsonb_array_elements(report -> 'tables') t)
                             ELSE (report -> 'cost' ->> 'rows')::bigint END AS rows,
                   CASE kind WHEN 'verify' THEN (report ->> 'seconds')::float8
                             ELSE (report -> 'cost' ->> 'seconds')::float8 END AS seconds,
                   coalesce((report -> 'cost' ->> 'walBytes')::bigint, 0) AS wal
              FROM %s.evidence
             WHERE clean AND kind = ANY (:steps) AND (kind = 'verify' OR jsonb_typeof(report -> 'cost') = 'object')
             ORDER BY kind, id
            """;

    private final String name;
    private final EvidenceLog evidence;

    /** @param name the configured name */
    public StepLog(String name) {
        this.name = name;
        this.evidence = new EvidenceLog(name);
    }

    /**
     * Notes that a step was done.
     *
     * @param rows written by it
     * @param report what else is to be kept of it
     */
    public void record(Connection connection, String step, Stopwatch watch, long rows, Map<String, ?> report)
            throws SQLException {
        note(connection, step, watch.beganAt(), watch.stop(connection, rows), report);
    }

    /** Notes that the backfill begins, once. */
    public void backfillBegins(Connection connection) throws SQLException {
        if (!Handles.ask(connection, handle -> evidence.has(handle, BACKFILL))) {
            Instant now = ServerEnd.read(connection).commitTime();
            note(connection, BACKFILL, now, false, Map.of("begins", true));
        }
    }

    /** Notes that the backfill has ended, once, if it has; from its begin, with all the time that nobody worked at it. */
    public void backfillEnds(Connection connection) throws SQLException {
        Handles.tell(connection, handle -> {
            boolean due = new Scans(name).backfillDone(handle) && costs(handle).get(BACKFILL) == null;
            Optional<Instant> began = due ? began(handle) : Optional.empty();
            if (began.isPresent()) {
                long wal = handle.createQuery("SELECT coalesce((SELECT (pg_current_wal_insert_lsn() - as_of)::bigint"
                                + " FROM " + Sql.quote(name) + ".evidence WHERE kind = '" + BACKFILL
                                + "' ORDER BY id LIMIT 1), 0)")
                        .mapTo(Long.class)
                        .one();
                long rows = handle.createQuery("SELECT coalesce(sum(rows_written), 0) FROM " + Sql.quote(name)
                                + ".scan WHERE gap_id = " + Scans.BACKFILL)
                        .mapTo(Long.class)
                        .one();
                Instant now = ServerEnd.read(connection).commitTime();
                double seconds = Duration.between(began.get(), now).toNanos() / 1e9;
                note(connection, BACKFILL, began.get(), new Cost(rows, seconds, wal), Map.of());
            }
        });
    }

    /**
     * Keeps what a rehearsal found, once.
     *
     * @param at names it
     */
    public void rehearsed(Connection connection, String at, boolean ok, String report) throws SQLException {
        Handles.tell(connection, handle -> {
            boolean known = handle.createQuery("SELECT EXISTS (SELECT FROM " + Sql.quote(name)
                            + ".evidence WHERE kind = 'rehearsal' AND report ->> 'at' = :at)")
                    .bind("at", at)
                    .mapTo(Boolean.class)
                    .one();
            if (!known) {
                evidence.record(
                        handle,
                        "rehearsal",
                        ServerEnd.read(connection).commitTime(),
                        ServerEnd.read(connection).lsn(),
                        ok,
                        report);
            }
        });
    }

    /** The last rehearsal as JSON. */
    public Optional<String> rehearsal(Handle handle) {
        return handle.createQuery("SELECT report::text FROM " + Sql.quote(name)
                        + ".evidence WHERE kind = 'rehearsal' ORDER BY id DESC LIMIT 1")
                .mapTo(String.class)
                .findOne();
    }

    private Optional<Instant> began(Handle handle) {
        return handle.createQuery("SELECT coalesce((SELECT began_at FROM " + Sql.quote(name)
                        + ".evidence WHERE kind = '" + BACKFILL
                        + "' ORDER BY id LIMIT 1), min(started_at), now()) FROM "
                        + Sql.quote(name) + ".scan WHERE gap_id = " + Scans.BACKFILL)
                .mapTo(Instant.class)
                .findOne();
    }

    /** What each step took that was done; in no order. */
    public Map<String, Cost> costs(Handle handle) {
        Map<String, Cost> costs = new LinkedHashMap<>();
        handle.createQuery(COSTS.formatted(Sql.quote(name)))
                .bindArray("steps", String.class, STEPS)
                .map((row, ctx) -> Map.entry(
                        row.getString("kind"),
                        new Cost(row.getLong("rows"), row.getDouble("seconds"), row.getLong("wal"))))
                .forEach(entry -> costs.put(entry.getKey(), entry.getValue()));
        return costs;
    }

    private void note(Connection connection, String step, Instant began, Cost cost, Map<String, ?> report)
            throws SQLException {
        Map<String, Object> all = new LinkedHashMap<>(report);
        all.put("cost", cost);
        note(connection, step, began, true, all);
    }

    private void note(Connection connection, String step, Instant began, boolean clean, Map<String, ?> report)
            throws SQLException {
        String json;
        try {
            json = JsonMapper.builder().build().writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        Handles.tell(
                connection,
                handle -> evidence.record(
                        handle, step, began, ServerEnd.read(connection).lsn(), clean, json));
    }
}
