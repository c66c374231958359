package dev.lockstep.connect;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Scans;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreKeepers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keepers of stores outside the database, beside the first of the sink's tasks. They are told by all tasks, through the
 * control schema; a store that is away is no trouble of the task's.
 */
final class SinkKeepers implements AutoCloseable {

    /** The sessions of the keepers are called {@code <name>/connect-store-…}. */
    static final String ROLE = "connect-";

    private static final Logger log = LoggerFactory.getLogger(SinkKeepers.class);
    private static final Duration ASK_EVERY = Duration.ofSeconds(1);

    private final StopSignal stop = new StopSignal();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final String name;
    private final Database database;
    private final StoreKeepers keepers;
    private boolean scanned;
    private boolean told;
    private long askedAt = System.nanoTime() - ASK_EVERY.toNanos();

    SinkKeepers(LockstepConfig config, Database database, Mapping mapping, StoreClients clients, long epoch) {
        this.name = config.name();
        this.database = database;
        this.keepers = new StoreKeepers(config, database, mapping, clients, ROLE, epoch);
    }

    /** Wants every store swept: a predecessor on a worker that froze may write once more what was right before. */
    void start(Connection connection) throws SQLException {
        keepers.forgetOthers(connection);
        Handles.tell(connection, new StoreSweeps(name)::wantAll);
        keepers.start(this::thread, this::scanned, stop);
    }

    /** @throws LockstepException when a keeper has ended because it must not go on */
    void requireSound() {
        RuntimeException ended = failure.get();
        if (ended != null) {
            throw ended;
        }
    }

    @Override
    public void close() {
        stop.request();
        try {
            keepers.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Thread thread(String role, StoreKeepers.Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (InterruptedException e) {
                        log.debug("{} stopped", role);
                    } catch (RuntimeException e) {
                        failure.compareAndSet(null, e);
                    }
                },
                "lockstep-" + role);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Whether `lockstep backfill` is done: before that hashes and agents would be looked up in vain. */
    private synchronized boolean scanned() {
        if (!scanned && System.nanoTime() - askedAt >= ASK_EVERY.toNanos()) {
            askedAt = System.nanoTime();
            try (Connection connection = database.open(ROLE + "scans")) {
                scanned = Handles.ask(connection, new Scans(name)::all).stream()
                        .allMatch(scan -> scan.state() == Scans.State.DONE);
                if (!scanned && !told) {
                    told = true;
                    log.info("the stores of vectors wait until the tables are scanned: run `lockstep backfill`");
                }
            } catch (SQLException | LockstepException e) {
                log.debug("whether the tables are scanned could not be asked", e);
            }
        }
        return scanned;
    }
}
