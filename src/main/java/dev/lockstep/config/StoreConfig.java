package dev.lockstep.config;

import dev.lockstep.model.TableName;
import java.net.URI;
import java.time.Duration;

/** How a vector store outside the database is reached. */
public sealed interface StoreConfig {

    /** Longest time one call may take; also how soon a store that hangs is taken to be away. */
    Duration TIMEOUT = Duration.ofSeconds(30);

    /** As in {@link dev.lockstep.model.MappingSpec.Store}. */
    String name();

    /** @param token empty for none */
    record Chroma(String name, URI url, String tenant, String database, String collection, String token)
            implements StoreConfig {}

    /** @param apiKey empty for none */
    record Qdrant(String name, URI url, String collection, String apiKey) implements StoreConfig {}

    /** A table of another PostgreSQL database. */
    record Postgres(String name, String url, String user, String password, TableName table) implements StoreConfig {}
}
