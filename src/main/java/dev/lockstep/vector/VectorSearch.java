package dev.lockstep.vector;

import java.util.List;

/**
 * Looks for points of one collection outside the database by their embeddings; writes nothing.
 *
 * <p>Throws {@link StoreFailure} when the store is away, slow, refuses, or lacks the collection, and retries nothing. A
 * thread that is interrupted gets a StoreFailure and stays interrupted. One thread at a time.
 */
public interface VectorSearch extends AutoCloseable {

    /**
     * The points nearest to an embedding, nearest first, as the collection measures distance. One with an index of
     * neighbours may miss some.
     *
     * @param query has as many dimensions as the collection
     * @param among only these points
     * @param without but not those of them that are also these; a point that lacks the field is not
     * @param limit at most so many; at least 1
     */
    List<Point> nearest(float[] query, Selection.AnyOf among, Selection.AnyOf without, int limit);

    /** Lets connections go; never throws. */
    @Override
    void close();
}
