package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.Phase;
import dev.lockstep.sql.ExpandSql;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.Fence;
import dev.lockstep.state.StepLog;
import dev.lockstep.state.Stopwatch;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Brings the database to the point from which {@code run} can start: control schema, Agents, derived columns, foreign
 * keys, publication, slot, position. Only additive; what is there already is left alone, so running it again changes
 * nothing and takes no lock.
 */
public final class Expander {

    private final Database database;
    private final String name;
    private final PlanRun run;
    private final SurveyReader surveys;

    /** @param name of the control schema, the publication and the slot */
    public Expander(
            Database database,
            String name,
            MappingSpec spec,
            Patience patience,
            Sleeper sleeper,
            RandomGenerator random) {
        this.database = database;
        this.name = name;
        this.run = new PlanRun(database, "expand", patience, sleeper, random);
        this.surveys = new SurveyReader(name, spec);
    }

    /**
     * What is missing; touches nothing.
     *
     * @throws LockstepException when the mapping or something that exists stands in the way
     */
    public List<ExpandStep> plan() {
        return run.plan(connection -> plan(survey(connection)));
    }

    /**
     * Adds what is missing.
     *
     * @return the titles of the steps done, empty when there was nothing to do
     * @throws LockstepException of kind WRONG_INPUT before anything is touched, of kind NOT_DONE when a step cannot be
     *     done now; the steps before it stay, and the method can be called again
     */
    public List<String> expand() {
        Stopwatch watch = start();
        List<String> done = run.execute("lockstep expand " + name, connection -> {
            List<ExpandStep> plan = plan(survey(connection));
            if (plan.stream().anyMatch(step -> step.mode() == ExpandStep.Mode.SLOT)) {
                requireLogical(connection);
            }
            return plan;
        });
        if (!done.isEmpty()) {
            note(watch, done);
        }
        return done;
    }

    private Stopwatch start() {
        try (Connection connection = database.open("expand")) {
            return Stopwatch.start(connection);
        } catch (SQLException e) {
            throw StepFailure.unreadable(e);
        }
    }

    private void note(Stopwatch watch, List<String> done) {
        try (Connection connection = database.open("expand")) {
            new StepLog(name).record(connection, "expand", watch, 0, Map.of("steps", done));
        } catch (SQLException e) {
            throw StepFailure.unreadable(e);
        }
    }

    /** Before the first step: the slot comes last, and would fail when everything else is there. */
    private static void requireLogical(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW wal_level")) {
            row.next();
            if (!row.getString(1).equals("logical")) {
                throw LockstepException.wrongInput("wal_level is " + row.getString(1)
                        + ", and changes can be captured only with logical; nothing was touched;"
                        + " ALTER SYSTEM SET wal_level = 'logical', restart the server, then run it again");
            }
        }
    }

    /** Nothing that `contract` removed comes back by mistake. */
    private Survey survey(Connection connection) throws SQLException {
        if (ControlSchema.installedVersion(connection, name).orElse(0) == ControlSchema.VERSION
                && new Fence(name).read(connection).phase() == Phase.CONTRACTED) {
            throw LockstepException.wrongInput("the migration of " + name
                    + " is over (phase CONTRACTED); to migrate anew set another `name`, or drop schema " + name);
        }
        return surveys.read(connection);
    }

    private List<ExpandStep> plan(Survey survey) {
        return ExpandSql.expand(
                name, ControlSchema.installSql(name), survey.mapping(), survey.shapes(), survey.facts());
    }
}
