package dev.lockstep.monitor;

import dev.lockstep.monitor.StatusReport.Store;
import dev.lockstep.state.LegacyPoints;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreSweeps;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Where the vector stores outside the database stand. Thread-safe. */
final class StoreStatus {

    private final StoreHints hints;
    private final StoreSweeps sweeps;
    private final LegacyPoints legacy;

    StoreStatus(String name) {
        this.hints = new StoreHints(name);
        this.sweeps = new StoreSweeps(name);
        this.legacy = new LegacyPoints(name);
    }

    List<Store> read(Connection connection, Handle handle, long epoch) throws SQLException {
        List<Store> stores = new ArrayList<>();
        for (StoreSweeps.Sweep sweep : sweeps.all(handle)) {
            StoreHints.Waiting waiting = hints.waiting(connection, sweep.store());
            stores.add(new Store(
                    sweep.store(),
                    sweep.points(),
                    waiting.hints(),
                    waiting.seconds(),
                    legacy.ages(connection, sweep.store()),
                    sweep.orphaned(),
                    sweep.stamped(),
                    sweep.due(epoch) || sweep.overflowed(),
                    sweep.passRuns() ? sweep.passPoints() : 0,
                    Optional.ofNullable(sweep.sweptAt()).map(Object::toString).orElse(null),
                    sweep.trouble()));
        }
        return stores;
    }
}
