package dev.lockstep.demo;

import static java.util.Locale.ROOT;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;

/** The second half: the old writers are off, a migrated service writes, the agents take the lead, give it back, and keep it. */
final class DemoTurn {

    private final LockstepConfig config;
    private final Database database;
    private final Turns turns;
    private final Story story;

    DemoTurn(LockstepConfig config, Database database, Turns turns, Story story) {
        this.config = config;
        this.database = database;
        this.turns = turns;
        this.story = story;
    }

    DemoReport.Turn run() throws Exception {
        long began = System.nanoTime();
        long written;
        TurnReport end;
        try (MigratedWriter migrated = new MigratedWriter(config.database())) {
            step(
                    "cutover",
                    turns.cutover(config, database),
                    "the agent columns lead, each row verified, old and new reads the same");
            step(
                    "revert",
                    turns.revert(config, database),
                    "the persona columns lead again, what was written meanwhile has its persona");
            step("cutover", turns.cutover(config, database), "once more");
            written = migrated.stop();
        }
        end = turns.contract(config, database);
        step(
                "contract",
                end,
                end.steps().size() + " steps: foreign keys, publication, slot, origins, old indexes; the columns stay");
        long wrong;
        try (Connection connection = database.open("demo")) {
            wrong = DemoSchema.outOfStep(connection) + DemoSchema.wrongWayRound(connection);
        }
        story.step(
                "join",
                String.format(
                        ROOT,
                        "%,d rows out of step in either direction; a migrated service wrote %,d beside all of it",
                        wrong,
                        written));
        return new DemoReport.Turn(written, wrong, end.phase(), (System.nanoTime() - began) / 1e9);
    }

    private void step(String name, TurnReport report, String came) {
        if (!report.turned()) {
            throw LockstepException.notDone(name + " was refused: " + report.blockers(), null);
        }
        story.step(name, came);
    }
}
