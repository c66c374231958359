package dev.lockstep.vector;

import dev.lockstep.config.StoreConfig;

/** Makes clients of vector stores outside the database; connects to nothing. Thread-safe. */
@FunctionalInterface
public interface StoreClients {

    /** The caller closes it. */
    VectorStore open(StoreConfig store);
}
