package dev.lockstep.state;

import dev.lockstep.sql.Sql;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who may run. One row, renewed by its holder; by the server's clock. */
public final class Lease {

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

    /** Takes the lease if it has run out; the new epoch, or empty while somebody else holds it. */
    public Optional<Long> tryAcquire(Handle handle, String holder, Duration time) {
        return handle.createQuery("UPDATE " + table + " SET epoch = epoch + 1, holder = :holder,"
                        + " expires_at = clock_timestamp() + :millis * interval '1 ms'"
                        + " WHERE expires_at <= clock_timestamp() RETURNING epoch")
                .bind("holder", holder)
                .bind("millis", time.toMillis())
                .mapTo(Long.class)
                .findOne();
    }

    /** Whether the lease still was ours and is now good for {@code time} more. */
    public boolean renew(Handle handle, long epoch, Duration time) {
        return handle.createUpdate(
                                "UPDATE " + table
                                        + " SET expires_at = clock_timestamp() + :millis * interval '1 ms' WHERE epoch = :epoch")
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
