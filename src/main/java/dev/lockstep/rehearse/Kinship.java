package dev.lockstep.rehearse;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;

/**
 * What the databases at two addresses are to each other. Names prove nothing: an address has many, and a clone has the system
 * identifier of what it was cloned from. A lock taken in one of the two that is not to be had in the other does.
 */
enum Kinship {
    /** They are one. */
    SAME,
    /** The first is a standby, of the second or of a clone of it: a standby does not get its primary's locks. */
    STANDBY,
    NONE;

    private static final String LOCK = "SELECT pg_try_advisory_xact_lock(:key)";

    private static final String IDENTITY = "SELECT pg_is_in_recovery() AS standby,"
            + " (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database"
            + " WHERE datname = current_database()) AS identity";

    private record Identity(boolean standby, String identity) {}

    static Kinship of(Database first, Database second) throws SQLException {
        long key = new SecureRandom().nextLong();
        try (Connection there = first.open("rehearse");
                Connection here = second.open("rehearse")) {
            there.setAutoCommit(false); // behind a pooler a transaction is what stays on one session
            here.setAutoCommit(false);
            boolean same = !locked(there, key) || !locked(here, key);
            Identity one = Handles.ask(there, Kinship::identity);
            Identity other = Handles.ask(here, Kinship::identity);
            there.rollback();
            here.rollback();
            if (same) {
                return SAME;
            }
            return one.standby() && one.identity().equals(other.identity()) ? STANDBY : NONE;
        }
    }

    private static boolean locked(Connection connection, long key) throws SQLException {
        return Handles.ask(
                connection,
                handle -> handle.createQuery(LOCK)
                        .bind("key", key)
                        .mapTo(Boolean.class)
                        .one());
    }

    private static Identity identity(Handle handle) {
        return handle.createQuery(IDENTITY)
                .map((row, ctx) -> new Identity(row.getBoolean("standby"), row.getString("identity")))
                .one();
    }
}
