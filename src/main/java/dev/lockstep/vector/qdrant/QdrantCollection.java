package dev.lockstep.vector.qdrant;

import dev.lockstep.vector.StoreFailure;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One collection of a server. One thread at a time; connects with the first call. */
final class QdrantCollection implements AutoCloseable {

    private final QdrantCalls calls;
    private final String name;

    QdrantCollection(URI url, String name, @Nullable String apiKey, Duration timeout) {
        this.calls = new QdrantCalls(url, apiKey, timeout);
        this.name = name;
    }

    String name() {
        return name;
    }

    /** For calls that find everything if the collection is there. */
    <T> T ask(QdrantCalls.Call<T> call) {
        try {
            return tell(call);
        } catch (QdrantCalls.NotFound e) {
            throw missing(e);
        }
    }

    <T> T tell(QdrantCalls.Call<T> call) throws QdrantCalls.NotFound {
        return calls.ask(call);
    }

    StoreFailure missing(QdrantCalls.NotFound e) {
        return new StoreFailure(
                calls.address() + " has no collection " + name
                        + ", or others delete its points all the time; correct the name or let the application make it",
                e);
    }

    @Override
    public void close() {
        calls.close();
    }
}
