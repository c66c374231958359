package dev.lockstep.run;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.state.StepLog;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes when the backfill began and ended. That it cannot is no reason to stop: the next scan's end notes it then. */
public record BackfillLog(Database database, String name) {

    private static final Logger log = LoggerFactory.getLogger(BackfillLog.class);

    @FunctionalInterface
    private interface Note {
        void on(Connection connection) throws SQLException;
    }

    public void begins() {
        note("begin", new StepLog(name)::backfillBegins);
    }

    public void ends() {
        note("end", new StepLog(name)::backfillEnds);
    }

    private void note(String what, Note note) {
        try (Connection connection = database.open("backfill-log")) {
            note.on(connection);
        } catch (SQLException e) {
            log.warn("the {} of the backfill could not be noted (SQLSTATE {})", what, e.getSQLState());
        } catch (LockstepException e) {
            log.warn("the {} of the backfill could not be noted: {}", what, e.getMessage());
        }
    }
}
