package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.sql.ExpandSql;
import dev.lockstep.sql.ExpandStep;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Does what is better done once the rows are filled: builds the indexes concurrently and validates the foreign keys. May
 * be called again at any time; when nothing is missing it does nothing.
 */
public final class PostBackfill {

    private final String name;
    private final PlanRun run;
    private final SurveyReader surveys;

    /** @param name of the control schema, the publication and the slot */
    public PostBackfill(
            Database database,
            String name,
            MappingSpec spec,
            Patience patience,
            Sleeper sleeper,
            RandomGenerator random) {
        this.name = name;
        this.run = new PlanRun(database, "index", patience, sleeper, random);
        this.surveys = new SurveyReader(name, spec);
    }

    /** What is missing; touches nothing. */
    public List<ExpandStep> plan() {
        return run.plan(connection -> plan(surveys.read(connection)));
    }

    /** The same in words. */
    public List<String> unbuilt() {
        return plan().stream().map(ExpandStep::title).toList();
    }

    /**
     * Builds and validates what is missing. Blocks for as long as the server needs; an interrupt of the calling thread
     * cancels the statement in hand, and the next call starts over with it.
     *
     * @return the titles of the steps done
     * @throws LockstepException of kind NOT_DONE when a step cannot be done now; the steps before it stay
     */
    public List<String> finish() {
        return run.execute("lockstep index " + name, connection -> plan(surveys.read(connection)));
    }

    private static List<ExpandStep> plan(Survey survey) {
        return ExpandSql.afterBackfill(survey.mapping(), survey.facts());
    }
}
