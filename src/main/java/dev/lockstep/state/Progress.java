package dev.lockstep.state;

import dev.lockstep.model.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;

/** Where it is kept how far a stream of changes has been applied. */
public interface Progress {

    /**
     * Moves forward in the caller's transaction, whose commit waits for the disk: what is stored here may be acknowledged.
     *
     * @param lsn everything committed at or before it is done
     * @param commitTime commit time of the last of it
     * @param rows written since the last call
     */
    void advance(Connection connection, Lsn lsn, Instant commitTime, long rows) throws SQLException;

    /** In the same transaction: rows that came from writers who know nothing of agents, where anybody counts them. */
    default void census(Connection connection, Map<Census.Cell, Census.Count> counts) throws SQLException {}
}
