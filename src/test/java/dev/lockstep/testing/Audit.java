package dev.lockstep.testing;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A table that a trigger fills with every change of a row, in the transaction that makes it; our own writes apart. */
public final class Audit {

    private final TestDatabase database;
    private final String ourRole;

    private Audit(TestDatabase database, String ourRole) {
        this.database = database;
        this.ourRole = ourRole;
    }

    /** @param name lockstep's, whose sessions are named after it */
    public static Audit of(TestDatabase database, String name, String... tables) throws SQLException {
        Audit audit = new Audit(database, name + "/");
        database.execute("""
                CREATE TABLE audit (seen text NOT NULL, ours boolean NOT NULL);
                CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  INSERT INTO audit VALUES (
                    TG_TABLE_NAME || ' ' || coalesce(NEW."Id", OLD."Id") || ' ' || lower(TG_OP) || ' '
                      || pg_current_xact_id(),
                    starts_with(current_setting('application_name'), '%s'));
                  RETURN NULL;
                END $$;
                """.formatted(audit.ourRole));
        for (String table : tables) {
            database.execute("CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON \"" + table
                    + "\" FOR EACH ROW EXECUTE FUNCTION audit()");
        }
        return audit;
    }

    /** What the application committed: {@code TABLE ID op xid}. */
    public Set<String> theirs() throws SQLException {
        return seen("NOT ours");
    }

    /** What we committed, in the same words. */
    public Set<String> ours() throws SQLException {
        return seen("ours");
    }

    private Set<String> seen(String which) throws SQLException {
        Set<String> seen = new HashSet<>();
        for (List<String> row : database.rows("SELECT seen FROM audit WHERE " + which)) {
            seen.add(row.get(0));
        }
        return seen;
    }
}
