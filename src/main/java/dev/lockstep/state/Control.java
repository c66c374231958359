package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.time.Instant;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What the operator asked for: kept in the database, so that whoever runs next keeps to it. */
public final class Control {

    private final String table;

    public Control(String name) {
        this.table = Sql.quote(name) + ".control";
    }

    /**
     * @param since when the pause began; null when there is none
     * @param by who asked for it
     * @param ended why the last pause ended by itself; empty when it did not
     */
    public record Pause(@Nullable Instant since, String by, String ended) {

        public boolean active() {
            return since != null;
        }
    }

    public Pause pause(Handle handle) {
        return handle.createQuery("SELECT paused_at, paused_by, pause_ended FROM " + table)
                .map((row, ctx) -> new Pause(
                        row.getTimestamp(1) == null ? null : row.getTimestamp(1).toInstant(),
                        row.getString(2),
                        row.getString(3)))
                .one();
    }

    /** Begins a pause; one that is there already goes on as it is. */
    public void startPause(Handle handle, String by) {
        handle.createUpdate(
                        "UPDATE " + table
                                + " SET paused_at = clock_timestamp(), paused_by = :by, pause_ended = '' WHERE paused_at IS NULL")
                .bind("by", by)
                .execute();
    }

    /** @param why empty when the operator wants it */
    public void endPause(Handle handle, String why) {
        handle.createUpdate("UPDATE " + table + " SET paused_at = NULL, paused_by = '', pause_ended = :why"
                        + " WHERE paused_at IS NOT NULL")
                .bind("why", why)
                .execute();
    }

    /** The limits that differ from the defaults, by signal. */
    public Map<String, Double> limits(Handle handle) {
        return handle.createQuery("SELECT key, value::float8 FROM " + table + ", jsonb_each_text(throttle_limits)")
                .reduceRows(new java.util.TreeMap<>(), (all, row) -> {
                    all.put(row.getColumn(1, String.class), row.getColumn(2, Double.class));
                    return all;
                });
    }

    /** Sets limits beside those that are set. */
    public void setLimits(Handle handle, Map<String, Double> limits) {
        handle.createUpdate(
                        "UPDATE " + table + " SET throttle_limits = throttle_limits || (SELECT"
                                + " coalesce(jsonb_object_agg(signal, value), '{}') FROM unnest(:signals, :values) l (signal, value))")
                .bindArray("signals", String.class, limits.keySet())
                .bindArray("values", Double.class, limits.values())
                .execute();
    }

    /** Takes the defaults again. */
    public void resetLimits(Handle handle) {
        handle.execute("UPDATE " + table + " SET throttle_limits = '{}' WHERE throttle_limits <> '{}'");
    }
}
