package dev.lockstep.run;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.VectorStore;

/** Which adapter speaks to which store. */
public final class StoreAdapters implements StoreClients {

    @Override
    public VectorStore open(StoreConfig store) {
        throw new UnsupportedOperationException("no adapter for " + store.name());
    }
}
