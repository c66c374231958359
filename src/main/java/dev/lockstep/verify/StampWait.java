package dev.lockstep.verify;

import dev.lockstep.database.Handles;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.vector.StoreComparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Waits for a live sidecar's stamps in a store.
 *
 * @param name the configured name
 */
record StampWait(String name, StopSignal stop) {

    private static final Duration STEP = Duration.ofMillis(100);

    /** A store whose stamps take longer is not waited for. */
    private static final int STEPS = 500;

    /** Returns when the sidecar has stamped what it was told of, and what it looks for again until it is there. */
    void await(Connection connection, String store, Collection<StoreComparison.Sighting> out)
            throws SQLException, InterruptedException {
        List<String> messages = out.stream()
                .flatMap(sighting -> Optional.ofNullable(sighting.message()).stream())
                .toList();
        StoreSweeps sweeps = new StoreSweeps(name);
        for (int i = 0; i < STEPS; i++) {
            if (Handles.ask(connection, handle -> sweeps.hintsSettled(handle, store, messages))) {
                return;
            }
            if (stop.pause(STEP)) {
                throw new InterruptedException("stopped");
            }
        }
    }
}
