package dev.lockstep.rehearse;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Refuses to rehearse in a database that is live, or is not as a copy has to be. Touches no row and no table. */
final class CopyCheck {

    /** Of another role little is to be seen, but that it is there; a walsender with a database streams from it. */
    private static final String OTHERS = """
            SELECT count(*) || ' (' || string_agg(DISTINCT coalesce(nullif(application_name, ''), usename), ', ') || ')'
              FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL
               AND coalesce(backend_type, 'client backend') IN ('client backend', 'walsender')
               AND pid <> pg_backend_pid() AND NOT starts_with(coalesce(application_name, ''), :ours || '/')
               AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = pid AND starts_with(s.slot_name, :ours))
            HAVING count(*) > 0
            """;

    private final Database copy;
    private final String name;

    /** @param name of the rehearsal's slot and control schema */
    CopyCheck(Database copy, String name) {
        this.copy = copy;
        this.name = name;
    }

    /**
     * The copy has to be another database than {@code other}, and not the primary that it follows.
     *
     * @throws LockstepException when the two are one, or cannot be told apart
     */
    void requireOther(Database other, String what) throws SQLException {
        if (Kinship.of(other, copy) != Kinship.NONE) {
            throw LockstepException.wrongInput("--into names " + what
                    + "; nothing was touched: a rehearsal ends with `contract`, so it needs a database of its own");
        }
    }

    /**
     * A copy has no other sessions, is no standby, and was not rehearsed on. Drops the slots that a rehearsal left which was
     * killed, for they hold WAL back.
     *
     * @param spec what has to be there; null when nothing may be
     * @throws LockstepException when it is otherwise
     */
    void requireFit(@Nullable MappingSpec spec) throws SQLException {
        try (Connection connection = copy.open("rehearse")) {
            Handles.tell(connection, handle -> {
                if (handle.createQuery("SELECT pg_is_in_recovery()")
                        .mapTo(Boolean.class)
                        .one()) {
                    throw LockstepException.wrongInput(
                            "--into names a standby, which cannot be written to; promote it, or copy into another database");
                }
                if (handle.createQuery("SHOW transaction_read_only")
                        .mapTo(String.class)
                        .one()
                        .equals("on")) {
                    throw LockstepException.wrongInput(
                            "--into names a database that cannot be written to (default_transaction_read_only is on); set it"
                                    + " off there, or name another database");
                }
                requireNobody(handle);
                requireServer(handle);
                dropSlots(handle);
                if (spec == null) {
                    requireEmpty(handle);
                } else {
                    requireCopy(handle, spec);
                }
            });
        }
    }

    /** Asked again before what cannot be undone. */
    void requireNobody() throws SQLException {
        try (Connection connection = copy.open("rehearse")) {
            Handles.tell(connection, this::requireNobody);
        }
    }

    private void requireNobody(Handle handle) {
        handle.createQuery(OTHERS)
                .bind("ours", name)
                .mapTo(String.class)
                .findOne()
                .ifPresent(others -> {
                    throw LockstepException.wrongInput("other sessions use the database that --into names: " + others
                            + "; a copy has none, so end them, or name another database");
                });
    }

    private void requireServer(Handle handle) {
        String level = handle.createQuery("SHOW wal_level").mapTo(String.class).one();
        if (!level.equals("logical")) {
            throw LockstepException.wrongInput("the copy's server has wal_level " + level
                    + ", and the migration needs logical; ALTER SYSTEM SET wal_level = 'logical' there and restart it");
        }
        handle.createQuery("SELECT database FROM pg_replication_slots WHERE slot_name = :name"
                        + " AND database <> current_database()")
                .bind("name", name)
                .mapTo(String.class)
                .findOne()
                .ifPresent(database -> {
                    throw LockstepException.wrongInput("the copy's server has a slot " + name + " in database "
                            + database + ", left by another rehearsal; there, SELECT pg_drop_replication_slot('" + name
                            + "')");
                });
    }

    /** Of ours that nobody reads; returns how many are left. */
    long dropSlots(Handle handle) {
        handle.createQuery("SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots"
                        + " WHERE database = current_database() AND starts_with(slot_name, :name) AND NOT active")
                .bind("name", name)
                .mapTo(Long.class)
                .one();
        return handle.createQuery("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"
                        + " AND starts_with(slot_name, :name)")
                .bind("name", name)
                .mapTo(Long.class)
                .one();
    }

    private static void requireEmpty(Handle handle) {
        List<String> there = handle.createQuery("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n"
                        + " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_'"
                        + " AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d"
                        + " WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1 LIMIT 3")
                .mapTo(String.class)
                .list();
        if (!there.isEmpty()) {
            throw LockstepException.wrongInput(
                    "the database that --into names is not empty (" + String.join(", ", there)
                            + ", ...); make an empty one (dropdb, createdb), or leave --copy-from out if it is a whole copy");
        }
    }

    private void requireCopy(Handle handle, MappingSpec spec) {
        spec.derived().forEach(table -> {
            if (!exists(handle, Sql.quote(table))) {
                throw LockstepException.wrongInput("the database that --into names has no table " + table
                        + "; copy the live database into it, or name that one with --copy-from");
            }
        });
        String unfinished = TableCopy.unfinished(name);
        if (handle.createQuery("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = :unfinished)")
                .bind("unfinished", unfinished)
                .mapTo(Boolean.class)
                .one()) {
            throw LockstepException.wrongInput("the copy that --into names is not whole (schema " + unfinished
                    + "); make an empty database anew (dropdb, createdb), and rehearse with --copy-from");
        }
        if (exists(handle, Sql.quote(name) + ".schema_version")) {
            throw LockstepException.wrongInput("the database that --into names was rehearsed on before (schema " + name
                    + "); make the copy anew, then rehearse");
        }
    }

    static boolean exists(Handle handle, String relation) {
        return handle.createQuery("SELECT to_regclass(:relation) IS NOT NULL")
                .bind("relation", relation)
                .mapTo(Boolean.class)
                .one();
    }
}
