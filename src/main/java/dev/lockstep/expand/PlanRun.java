package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.sql.ExpandStep;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a plan and carries it out, by one process at a time. */
public final class PlanRun {

    private static final Logger LOG = LoggerFactory.getLogger(PlanRun.class);

    /** Makes a plan from what it reads. */
    @FunctionalInterface
    public interface Planner {
        List<ExpandStep> plan(Connection connection) throws SQLException;
    }

    private final Database database;
    private final String role;
    private final Patience patience;
    private final Sleeper sleeper;
    private final RandomGenerator random;

    /** @param role of its session */
    public PlanRun(Database database, String role, Patience patience, Sleeper sleeper, RandomGenerator random) {
        this.database = database;
        this.role = role;
        this.patience = patience;
        this.sleeper = sleeper;
        this.random = random;
    }

    /** What would be done now. */
    public List<ExpandStep> plan(Planner planner) {
        try (Connection connection = database.open(role)) {
            return planner.plan(connection);
        } catch (SQLException e) {
            throw StepFailure.unreadable(e);
        }
    }

    /**
     * Does it.
     *
     * @param turn names what only one process at a time may do
     * @return the titles of the steps
     * @throws LockstepException of kind NOT_DONE when a step cannot be done now, with who held the lock; the steps before it stay
     */
    public List<String> execute(String turn, Planner planner) {
        try (Connection connection = database.open(role)) {
            takeTurn(connection, turn);
            try {
                return run(planner.plan(connection), connection);
            } finally {
                giveTurn(connection);
            }
        } catch (SQLException e) {
            throw StepFailure.unreadable(e);
        }
    }

    private List<String> run(List<ExpandStep> plan, Connection connection) throws SQLException {
        List<String> done = new ArrayList<>();
        try (StepRunner runner = new StepRunner(database, connection, patience, sleeper, random)) {
            for (ExpandStep step : plan) {
                runner.run(step);
                LOG.debug("{}", step.title());
                done.add(step.title());
            }
        }
        return done;
    }

    /** The server ends a session some time after it was closed, and the next command may come sooner. */
    private static void giveTurn(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_unlock_all()");
        } catch (SQLException e) {
            LOG.debug("the turn ends with the session", e);
        }
    }

    /** The session keeps the turn until it is closed. Not waited for: a waiting session would hold up index builds. */
    private static void takeTurn(Connection connection, String turn) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_try_advisory_lock(hashtextextended(?, 0))")) {
            statement.setString(1, turn);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw LockstepException.notDone(
                            "another session is doing the same (" + turn + "); run the command again when it has ended",
                            null);
                }
            }
        }
    }
}
