package dev.lockstep.cli;

import dev.lockstep.config.CutoverConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Cutover;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.cutover.Turning;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Patience;
import dev.lockstep.model.Conflict;
import dev.lockstep.model.StopSignal;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.verify.Verifier;
import java.time.Duration;
import java.util.List;

/** The commands that turn and end, as a test calls them. */
final class Turns {

    private static final Patience PATIENCE = new Patience(
            Duration.ofMillis(200), 10, Duration.ofMillis(50), Duration.ofMillis(200), Duration.ofSeconds(30));

    private Turns() {}

    /** A configuration whose gate does not wait for long. */
    static LockstepConfig config(TestDatabase db, LegacySchema schema, Duration steady) {
        LockstepConfig plain = TestConfig.of(db, schema.spec());
        return new LockstepConfig(
                plain.name(),
                plain.database(),
                plain.mapping(),
                plain.run(),
                plain.backfill(),
                plain.http(),
                plain.monitor(),
                plain.savepoints(),
                new CutoverConfig(Duration.ofSeconds(30), steady, Duration.ofHours(1), Conflict.REPORT));
    }

    static TurnReport cutover(LockstepConfig config) throws Exception {
        try (Turn turn = turn(config, false)) {
            return turn.cutover().run();
        }
    }

    /** What keeps the gate shut when the rows were held against each other, and nothing was read both ways. */
    static List<Gate.Blocker> gateAfterAPlainVerification(LockstepConfig config) throws Exception {
        try (Turn turn = turn(config, false)) {
            Turning turning = turn.turning();
            turning.verifier().run(Verifier.Repair.NONE);
            return new Cutover(turning, config.cutover(), turn.gate()).dryRun().blockers();
        }
    }

    static TurnReport revert(LockstepConfig config) throws Exception {
        try (Turn turn = turn(config, false)) {
            return turn.revert().run();
        }
    }

    static TurnReport contract(LockstepConfig config, String confirm, boolean dropColumns) throws Exception {
        try (Turn turn = turn(config, true)) {
            return turn.contract(dropColumns).run(confirm);
        }
    }

    static List<ExpandStep> contractPlan(LockstepConfig config) throws Exception {
        try (Turn turn = turn(config, true)) {
            return turn.contract(true).plan();
        }
    }

    private static Turn turn(LockstepConfig config, boolean evenOver) throws Exception {
        return new Turn(config, new Database(config.database(), config.name()), new StopSignal(), evenOver, PATIENCE);
    }
}
