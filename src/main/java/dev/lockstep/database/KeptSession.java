package dev.lockstep.database;

import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session for questions that come again and again: a new one for each would cost the server some thirty milliseconds, for it
 * knows nothing of the catalog. One that failed is to be closed, and is opened anew when it is next asked for. Not thread-safe.
 */
public final class KeptSession implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KeptSession.class);

    private final Database database;
    private final String role;
    private @Nullable Connection open;

    /** @param role as in {@link Database#open} */
    public KeptSession(Database database, String role) {
        this.database = database;
        this.role = role;
    }

    public boolean isOpen() {
        return open != null;
    }

    /**
     * In auto-commit mode; stays ours.
     *
     * @throws LockstepException when the server cannot be reached or refuses us
     */
    public Connection connection() {
        Connection kept = open;
        if (kept == null) {
            kept = database.open(role);
            open = kept;
        }
        return kept;
    }

    @Override
    public void close() {
        Connection kept = open;
        open = null;
        if (kept != null) {
            try {
                kept.close();
            } catch (SQLException e) {
                log.debug("closing a broken connection", e);
            }
        }
    }
}
