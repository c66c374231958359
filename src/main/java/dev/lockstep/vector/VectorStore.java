package dev.lockstep.vector;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One collection of vectors outside the database. Only metadata are read and written, never embeddings or documents, and
 * always by point id: stores have lost points in updates by filter.
 *
 * <p>Every method throws {@link StoreFailure} when the store is away, slow, refuses, or lacks the collection, and then
 * nothing is known of what was written: writes are idempotent and may be repeated. None retries. A thread that is
 * interrupted gets a StoreFailure and stays interrupted. One thread at a time.
 */
public interface VectorStore extends AutoCloseable {

    /**
     * Asks whether the collection is there and may be used.
     *
     * @return the product and its version, for the operator
     */
    String check();

    /**
     * One page of points, each at most once while nothing is written. Points that are written meanwhile may be left out or
     * come twice; points that are there all the time come at least once, unless others are deleted.
     *
     * @param cursor {@link Page#next} of the page before; null for the first. Outlives the object and its process
     * @param limit at most so many points
     */
    Page scroll(Selection which, @Nullable String cursor, int limit);

    /**
     * Writes edits of different points. A point that is not there is passed over in silence. When it returns, every edit can
     * be seen by {@link #scroll} and {@link #count}.
     */
    void write(List<Edit> edits);

    /** How many points there are, by the store's own index. */
    long count(Selection which);

    /** Lets connections go; never throws. */
    @Override
    void close();
}
