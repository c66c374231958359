package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who may run. One row, renewed by its holder's session; by the server's clock. */
public final class Lease {

    private static final String OWN_START =
            "(SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid())";

    private final String table;

    public Lease(String name) {
        this.table = Sql.quote(name) + ".lease";
    }

    /**
     * @param epoch raised by every change of holder
     * @param holder the process that has or had it
     * @param live whether it has not run out
     */
    public record State(long epoch, String holder, boolean live) {}

    public State read(Handle handle) {
        return handle.createQuery("SELECT epoch, holder, expires_at > clock_timestamp() AS live FROM " + table)
                .map((row, ctx) -> new State(row.getLong("epoch"), row.getString("holder"), row.getBoolean("live")))
                .one();
    }

    /** Takes the lease if it has run out or its holder's session is gone; the new epoch, or empty while it is held. */
    public Optional<Long> tryAcquire(Handle handle, String holder, Duration time) {
        return handle.createQuery("UPDATE " + table + " l SET epoch = epoch + 1, holder = :holder,"
                        + " backend_pid = pg_backend_pid(), backend_start = " + OWN_START + ","
                        + " expires_at = clock_timestamp() + :millis * interval '1 ms'"
                        + " WHERE expires_at <= clock_timestamp() OR NOT EXISTS (SELECT FROM pg_stat_activity a"
                        + " WHERE a.pid = l.backend_pid AND a.backend_start = l.backend_start) RETURNING epoch")
                .bind("holder", holder)
                .bind("millis", time.toMillis())
                .mapTo(Long.class)
                .findOne();
    }

    /** Whether the lease still was ours and is now good for {@code time} more. */
    public boolean renew(Handle handle, long epoch, Duration time) {
        return handle.createUpdate("UPDATE " + table
                                + " SET backend_pid = pg_backend_pid(), backend_start = " + OWN_START
                                + ", expires_at = clock_timestamp() + :millis * interval '1 ms' WHERE epoch = :epoch")
                        .bind("epoch", epoch)
                        .bind("millis", time.toMillis())
                        .execute()
                == 1;
    }

    /** Gives it back, so that the next one need not wait. */
    public void release(Handle handle, long epoch) {
        handle.createUpdate("UPDATE " + table + " SET expires_at = '-infinity', holder = '' WHERE epoch = :epoch")
                .bind("epoch", epoch)
                .execute();
    }
}
