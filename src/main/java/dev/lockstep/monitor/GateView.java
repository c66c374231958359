package dev.lockstep.monitor;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.GateReader;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.PostBackfill;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What keeps the direction from being turned. Not thread-safe. */
final class GateView {

    /** Which indexes are missing changes seldom, and takes a session and a look at the whole catalog. */
    private static final Duration SURVEY_EVERY = Duration.ofMinutes(1);

    private final PostBackfill indexes;
    private final GateReader facts;
    private final Gate gate;
    private @Nullable List<String> unbuilt;
    private long surveyedAt;

    GateView(Database database, LockstepConfig config) {
        this.indexes = new PostBackfill(
                database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random());
        this.facts = new GateReader(config.name(), this::unbuilt, config.run().heartbeat());
        this.gate = new Gate(config.cutover());
    }

    List<Gate.Blocker> blockers(Connection connection) throws SQLException {
        try {
            return gate.blockers(facts.read(connection));
        } catch (LockstepException e) { // a mapping that does not fit is told like everything else
            return List.of(
                    new Gate.Blocker("mapping", "1 thing does not fit: " + e.getMessage(), "see `lockstep check`"));
        }
    }

    private List<String> unbuilt() {
        List<String> known = unbuilt;
        if (known == null || System.nanoTime() - surveyedAt > SURVEY_EVERY.toNanos()) {
            known = indexes.unbuilt();
            unbuilt = known;
            surveyedAt = System.nanoTime();
        }
        return known;
    }
}
