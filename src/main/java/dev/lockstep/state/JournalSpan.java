package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Since when the journal holds every change: broken off by a gap, and by whatever takes changes in without it. */
public final class JournalSpan {

    private final String table;

    public JournalSpan(String name) {
        this.table = Sql.quote(name) + ".journal_span";
    }

    /**
     * @param since every change committed behind it is in the journal
     * @param at when that began
     */
    public record Span(String topic, Lsn since, Instant at) {}

    public Optional<Span> read(Handle handle) {
        return handle.createQuery("SELECT topic, since_lsn::text AS since_lsn, since_at FROM " + table)
                .map((row, ctx) -> new Span(
                        row.getString("topic"),
                        Lsn.parse(row.getString("since_lsn")),
                        row.getTimestamp("since_at").toInstant()))
                .findOne();
    }

    /** Changes behind {@code from} go to the topic; when they did before, nothing is new. */
    public void goesOn(Handle handle, String topic, Lsn from) {
        handle.createUpdate("INSERT INTO " + table + " AS s (topic, since_lsn) VALUES (:topic, :from::pg_lsn)"
                        + " ON CONFLICT (one) DO UPDATE SET topic = excluded.topic, since_lsn = excluded.since_lsn,"
                        + " since_at = excluded.since_at WHERE s.topic <> excluded.topic")
                .bind("topic", topic)
                .bind("from", from.toString())
                .execute();
    }

    /** Changes may come that are not in the journal. */
    public void broken(Handle handle) {
        handle.execute("DELETE FROM " + table);
    }
}
