package dev.lockstep.run;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.VectorStore;
import dev.lockstep.vector.chroma.ChromaStore;
import dev.lockstep.vector.postgres.PostgresStore;
import dev.lockstep.vector.qdrant.QdrantStore;
import org.jspecify.annotations.Nullable;

/** Which adapter speaks to which store. */
public final class StoreAdapters implements StoreClients {

    @Override
    public VectorStore open(StoreConfig store) {
        if (store instanceof StoreConfig.Chroma chroma) {
            return new ChromaStore(
                    chroma.url(),
                    chroma.tenant(),
                    chroma.database(),
                    chroma.collection(),
                    orNull(chroma.token()),
                    StoreConfig.TIMEOUT);
        }
        if (store instanceof StoreConfig.Qdrant qdrant) {
            return new QdrantStore(qdrant.url(), qdrant.collection(), orNull(qdrant.apiKey()), StoreConfig.TIMEOUT);
        }
        if (store instanceof StoreConfig.Postgres postgres) {
            return new PostgresStore(
                    postgres.url(),
                    postgres.user(),
                    orNull(postgres.password()),
                    postgres.table(),
                    StoreConfig.TIMEOUT);
        }
        throw new UnsupportedOperationException("no adapter for " + store.name());
    }

    private static @Nullable String orNull(String secret) {
        return secret.isEmpty() ? null : secret;
    }
}
