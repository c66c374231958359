package dev.lockstep.monitor;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.state.Control;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.throttle.Limits;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Wishes kept in the control schema: a standby can take them, too. */
public final class DatabaseControls implements Controls {

    private final Database database;
    private final String name;
    private final Control control;

    public DatabaseControls(Database database, String name) {
        this.database = database;
        this.name = name;
        this.control = new Control(name);
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    @Override
    public void pause(String by) {
        tell(handle -> control.startPause(handle, by));
    }

    @Override
    public void resume() {
        tell(handle -> control.endPause(handle, ""));
    }

    @Override
    public void throttle(Map<String, Double> limits) {
        Limits.of(limits);
        tell(handle -> control.setLimits(handle, limits));
    }

    @Override
    public long retry(@Nullable TableName table, @Nullable RowKey key) {
        return done(connection -> new DeadLetters(name).makeDue(connection, table, key));
    }

    private void tell(Consumer<Handle> wish) {
        boolean unused = done(connection -> {
            Handles.tell(connection, wish::accept);
            return true;
        });
    }

    private <T> T done(Work<T> work) {
        try (Connection connection = database.open("control")) {
            ControlSchema.require(connection, name);
            return work.in(connection);
        } catch (SQLException e) {
            throw LockstepException.notDone(
                    "the wish could not be written to schema " + name + " (SQLSTATE " + e.getSQLState()
                            + "); is the role its owner?",
                    e);
        }
    }
}
