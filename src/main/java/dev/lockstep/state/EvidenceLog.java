package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What was verified, decided and done, when and where: kept for the gate, and as a chain that shows when it was tampered with. */
public final class EvidenceLog {

    private final String table;

    public EvidenceLog(String name) {
        this.table = Sql.quote(name) + ".evidence";
    }

    /**
     * Adds a row to the chain, one after the other.
     *
     * @param report JSON without any row's content
     */
    public void record(Handle handle, String kind, Instant began, Lsn asOf, boolean clean, String report) {
        handle.useTransaction(tx -> {
            tx.execute("LOCK TABLE " + table + " IN SHARE ROW EXCLUSIVE MODE");
            long id = tx.createQuery("INSERT INTO " + table
                            + " (kind, began_at, ended_at, as_of, system_id, timeline, clean, report, made_by, previous)"
                            + " SELECT :kind, :began, clock_timestamp(), :asOf::pg_lsn,"
                            + " (SELECT system_identifier FROM pg_control_system()),"
                            + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, :clean, :report::jsonb,"
                            + " session_user || '@' || coalesce(host(inet_client_addr()), 'local'),"
                            + " coalesce((SELECT hash FROM " + table + " ORDER BY id DESC LIMIT 1), '') RETURNING id")
                    .bind("kind", kind)
                    .bind("began", Timestamp.from(began))
                    .bind("asOf", asOf.toString())
                    .bind("clean", clean)
                    .bind("report", report)
                    .mapTo(Long.class)
                    .one();
            Link link = links(tx, "WHERE id = :id", id).get(0);
            tx.createUpdate("UPDATE " + table + " SET hash = :hash WHERE id = :id")
                    .bind("hash", link.expectedHash())
                    .bind("id", id)
                    .execute();
        });
    }

    /**
     * A row of the chain, all of it as text: what is hashed is what was written, to the letter.
     *
     * @param previous hash of the row before it; empty for the first
     * @param hash null for a row of an older version
     */
    public record Link(
            long id,
            String kind,
            String beganAt,
            String endedAt,
            String asOf,
            String systemId,
            int timeline,
            boolean clean,
            String madeBy,
            String report,
            String previous,
            @Nullable String hash) {

        /** SHA-256 of every other part, in lower-case hex. */
        public String expectedHash() {
            String all = String.join(
                    "\n",
                    List.of(
                            Long.toString(id),
                            kind,
                            beganAt,
                            endedAt,
                            asOf,
                            systemId,
                            Integer.toString(timeline),
                            Boolean.toString(clean),
                            madeBy,
                            report,
                            previous));
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What is wrong with a chain, oldest first; nothing when every row follows from the one before. Pure. */
    public static List<String> faults(List<Link> chain) {
        List<String> faults = new ArrayList<>();
        String before = null;
        for (Link link : chain) {
            String hash = link.hash();
            if (hash == null) {
                if (before != null) {
                    faults.add("row " + link.id() + " has no hash, though rows before it have one");
                }
                continue;
            }
            if (!hash.equals(link.expectedHash())) {
                faults.add("row " + link.id() + " was changed after it was written");
            }
            if (before == null ? !link.previous().isEmpty() : !link.previous().equals(before)) {
                faults.add("a row before row " + link.id() + " is missing");
            }
            before = hash;
        }
        return faults;
    }

    /** All rows, oldest first. */
    public List<Link> chain(Handle handle) {
        return links(handle, "WHERE id >= :id", 0);
    }

    private List<Link> links(Handle handle, String where, long id) {
        String time = "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
        return handle.createQuery("SELECT id, kind, " + time.formatted("began_at") + ", " + time.formatted("ended_at")
                        + ", as_of::text, system_id::text, timeline, clean, made_by, report::text, previous, hash FROM "
                        + table + " " + where + " ORDER BY id")
                .bind("id", id)
                .map((row, ctx) -> new Link(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getInt(7),
                        row.getBoolean(8),
                        row.getString(9),
                        row.getString(10),
                        row.getString(11),
                        row.getString(12)))
                .list();
    }

    /** The last verification. */
    public record Last(String kind, boolean clean, Instant endedAt, String asOf) {}

    public Optional<Last> last(Handle handle) {
        return handle.createQuery("SELECT kind, clean, ended_at, as_of::text FROM " + table
                        + " WHERE kind = 'verify' ORDER BY id DESC LIMIT 1")
                .map((row, ctx) -> new Last(
                        row.getString(1), row.getBoolean(2), row.getTimestamp(3).toInstant(), row.getString(4)))
                .findOne();
    }

    /** Whether something was verified after the direction was turned last. */
    public boolean verifiedSinceTurn(Handle handle) {
        return handle.createQuery("SELECT coalesce(max(id) FILTER (WHERE kind = 'verify'), 0)"
                        + " > coalesce(max(id) FILTER (WHERE kind = 'cutover' AND clean), 0) FROM " + table)
                .mapTo(Boolean.class)
                .one();
    }

    /** Whether something of this kind was ever noted. */
    public boolean has(Handle handle, String kind) {
        return handle.createQuery("SELECT EXISTS (SELECT FROM " + table + " WHERE kind = :kind)")
                .bind("kind", kind)
                .mapTo(Boolean.class)
                .one();
    }

    /** Whether it was noted that the migration ended. */
    public boolean contracted(Handle handle) {
        return has(handle, "contract");
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
