package dev.lockstep.savepoint;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.sql.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Takes, lists and drops savepoints. The connection is in auto-commit mode: a slot cannot be copied otherwise. */
public final class Savepoints {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,18}");

    private final String name;
    private final String table;

    /** @param name the configured name */
    public Savepoints(String name) {
        this.name = name;
        this.table = Sql.quote(name) + ".savepoint";
    }

    /**
     * Copies the slot as it stands; it may be in use.
     *
     * @throws LockstepException when the name is taken or odd, no slot is free, or there is none to copy
     */
    public Savepoint create(Connection connection, String savepoint, boolean automatic) throws SQLException {
        if (!NAME.matcher(savepoint).matches()) {
            throw LockstepException.wrongInput(
                    "savepoint " + savepoint + " names a slot, too: write 1 to 18 of a-z, 0-9 and _");
        }
        String slot = name + "_sp_" + savepoint;
        drop(connection, savepoint, false);
        if (update(
                        connection,
                        "INSERT INTO " + table + " (name, slot, automatic) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        savepoint,
                        slot,
                        automatic)
                == 0) {
            throw LockstepException.wrongInput(
                    "there is a savepoint " + savepoint + " already; drop it, or write another name");
        }
        try {
            copy(connection, name, slot);
        } catch (SQLException e) {
            update(connection, "DELETE FROM " + table + " WHERE name = ?", savepoint);
            throw explained(e);
        }
        return find(connection, savepoint).orElseThrow();
    }

    /** Those that are there, oldest first. */
    public List<Savepoint> list(Connection connection) throws SQLException {
        String sql = "SELECT p.name, p.slot, p.automatic, p.created_at, CASE WHEN s.wal_status <> 'lost' THEN"
                + " s.confirmed_flush_lsn::text END, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::int8,"
                + " s.safe_wal_size FROM " + table
                + " p JOIN pg_replication_slots s ON s.slot_name = p.slot ORDER BY p.created_at";
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            List<Savepoint> savepoints = new ArrayList<>();
            while (row.next()) {
                String lsn = row.getString(5);
                savepoints.add(new Savepoint(
                        row.getString(1),
                        row.getString(2),
                        row.getBoolean(3),
                        row.getTimestamp(4).toInstant(),
                        lsn == null ? null : Lsn.parse(lsn),
                        row.getLong(6),
                        row.getObject(7, Long.class)));
            }
            return savepoints;
        }
    }

    /** Whether there is anything to copy; a lost slot is just being made anew. */
    boolean slotIsThere(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    public Optional<Savepoint> find(Connection connection, String savepoint) throws SQLException {
        return list(connection).stream().filter(s -> s.name().equals(savepoint)).findFirst();
    }

    /**
     * Drops a savepoint and lets its WAL go.
     *
     * @return whether there was one
     */
    public boolean drop(Connection connection, String savepoint) throws SQLException {
        return drop(connection, savepoint, true);
    }

    /** @param existing whether one that is there is dropped; if not, only what a kill left of one */
    private boolean drop(Connection connection, String savepoint, boolean existing) throws SQLException {
        boolean there = find(connection, savepoint).isPresent();
        if (there && !existing) {
            return true;
        }
        dropSlot(connection, name + "_sp_" + savepoint);
        update(connection, "DELETE FROM " + table + " WHERE name = ?", savepoint);
        return there;
    }

    /** Copies a slot, so that it can be streamed from and is still there afterwards. */
    public static void copy(Connection connection, String from, String to) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_copy_logical_replication_slot(?, ?)")) {
            statement.setString(1, from);
            statement.setString(2, to);
            statement.execute();
        }
    }

    /** Drops a slot of ours if it is there; whoever still streams from it is ended. */
    public static void dropSlot(Connection connection, String slot) throws SQLException {
        update(
                connection,
                "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots"
                        + " WHERE slot_name = ? AND active_pid IS NOT NULL",
                slot);
        update(
                connection,
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ?",
                slot);
    }

    private LockstepException explained(SQLException e) {
        return switch (e.getSQLState() == null ? "" : e.getSQLState()) {
            case "42704" ->
                LockstepException.wrongInput("there is no replication slot " + name
                        + " to copy; `lockstep run` makes one that was lost, `lockstep expand` the first");
            case "53400" ->
                LockstepException.notDone(
                        "no replication slot is free for a savepoint; drop one (`lockstep savepoint list`), or raise"
                                + " max_replication_slots and restart the server",
                        e);
            default ->
                LockstepException.notDone(
                        "the savepoint could not be taken (SQLSTATE " + e.getSQLState() + "); nothing was left behind",
                        e);
        };
    }

    private static int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement.execute() ? 0 : statement.getUpdateCount();
        }
    }
}
