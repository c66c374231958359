package dev.lockstep.vector;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Fence;
import dev.lockstep.state.StoreSweeps;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One keeper on a thread of its own for each store outside the database. One process has them at a time. */
public final class StoreKeepers {

    private static final Logger log = LoggerFactory.getLogger(StoreKeepers.class);

    /** How long the writes in hand may take at the end. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration ASK_EVERY = Duration.ofSeconds(1);

    private final LockstepConfig config;
    private final Database database;
    private final Mapping mapping;
    private final StoreClients clients;
    private final String role;
    private final long epoch;
    private final List<String> names;
    private final List<Thread> threads = new ArrayList<>();
    private long askedAt = System.nanoTime() - ASK_EVERY.toNanos();

    /**
     * @param role begins the names of the keepers' sessions
     * @param epoch the only one in which they write
     */
    public StoreKeepers(
            LockstepConfig config, Database database, Mapping mapping, StoreClients clients, String role, long epoch) {
        this.config = config;
        this.database = database;
        this.mapping = mapping;
        this.clients = clients;
        this.role = role;
        this.epoch = epoch;
        this.names = mapping.stores().stream().map(Mapping.Store::name).toList();
    }

    /** What a keeper does, until stopped. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    /** Starts a thread, and hears of what it throws. */
    @FunctionalInterface
    public interface Starter {
        Thread start(String thread, Work work);
    }

    /** @param ready whether the tables are scanned */
    public void start(Starter starter, BooleanSupplier ready, StopSignal stop) {
        for (int i = 0; i < names.size(); i++) {
            StoreConfig access = config.stores().get(i);
            int seat = Fence.STORE_SEAT + i;
            StoreKeeper keeper = new StoreKeeper(
                    config.name(),
                    mapping,
                    mapping.stores().get(i),
                    () -> clients.open(access),
                    () -> WriteSession.openUnflushed(database, config.name(), role + "store-" + seat, seat, epoch),
                    epoch,
                    ready,
                    stop);
            threads.add(starter.start("vectors-" + names.get(i), keeper::run));
        }
    }

    /** Forgets stores that are no longer configured. */
    public void forgetOthers(Connection connection) throws SQLException {
        Handles.tell(connection, handle -> new StoreSweeps(config.name()).keepOnly(handle, names));
    }

    /** Whether nothing waits to be stamped. Asks the server once a second at most, and says no in between. */
    public boolean settled() {
        if (names.isEmpty()) {
            return true;
        }
        if (System.nanoTime() - askedAt < ASK_EVERY.toNanos()) {
            return false;
        }
        askedAt = System.nanoTime();
        try (Connection connection = database.open(role + "stores")) {
            return Handles.ask(connection, handle -> new StoreSweeps(config.name()).settled(handle, names, epoch));
        } catch (SQLException e) {
            log.debug("whether the stores have caught up could not be asked", e);
            return false;
        }
    }

    /** Returns when all have ended; they have been asked to stop. */
    public void join() throws InterruptedException {
        long patient = System.nanoTime() + GRACE.toNanos();
        for (Thread thread : threads) {
            thread.join(
                    Math.max(1, Duration.ofNanos(patient - System.nanoTime()).toMillis()));
            while (thread.isAlive()) {
                thread.interrupt(); // a store may not answer for as long as its timeout
                thread.join(200);
            }
        }
    }
}
