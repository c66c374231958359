package dev.lockstep.cutover;

import dev.lockstep.config.CutoverConfig;
import dev.lockstep.expand.Patience;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Phase;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.state.Stopwatch;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the direction: from then on the agent column leads. Each step is there or not there in the database, so whoever was
 * killed is run again and goes on where it was.
 */
public final class Cutover {

    private final Turning turning;
    private final CutoverConfig config;
    private final GateReader facts;
    private final Gate gate;

    public Cutover(Turning turning, CutoverConfig config, GateReader facts) {
        this.turning = turning;
        this.config = config;
        this.facts = facts;
        this.gate = new Gate(config);
    }

    /**
     * Turns, if the gate is open; if only fresh evidence is missing, it is made first.
     *
     * @throws LockstepException when a step could not be done: what was done stays, and it can be run again
     */
    public TurnReport run() throws SQLException, InterruptedException {
        Stopwatch watch = turning.start();
        GateFacts now = read();
        turning.requireNoClearing();
        if (now.phase() == Phase.CONTRACTED) {
            throw LockstepException.wrongInput(
                    "the migration is over (phase CONTRACTED): there is nothing left to turn");
        }
        List<String> steps = new ArrayList<>();
        if (now.phase() == Phase.SYNC) {
            List<Gate.Blocker> blockers = gate.apartFromEvidence(now);
            if (blockers.isEmpty() && !gate.blockers(now).isEmpty()) {
                turning.verifier().reading(Gate.READ_KEYS).run(Verifier.Repair.NONE);
                blockers = gate.blockers(read());
            }
            if (!blockers.isEmpty()) {
                return turning.recorded("gate", watch, 0, TurnReport.shut(now.phase(), blockers, List.of()));
            }
            turning.awaitStream(); // what was committed until now is still derived the old way
            steps.addAll(turning.plans().execute(turning.turn(), connection -> turn(turning.phase(connection))));
        }
        long rows = turning.scan().run();
        steps.add("Fill what the other column lacked: " + rows + " rows");
        VerifyReport report = turning.verifier().run(turning.repair());
        List<String> notes = new ArrayList<>();
        if (report.clean() && quiet(read())) {
            steps.addAll(turning.plans().execute(turning.turn(), this::constraints));
        } else {
            notes.add("no constraint was added: "
                    + (report.clean() ? "old writers still write" : "rows are out of step")
                    + "; run `lockstep cutover` once more when that is over");
        }
        return turning.recorded(
                "cutover", watch, rows, TurnReport.of(report.clean(), Phase.CUTOVER, List.of(), notes, steps, report));
    }

    /** What would be done, with the longest that each step may hold up a writer. */
    public TurnReport dryRun() throws SQLException {
        GateFacts now = read();
        List<String> steps = new ArrayList<>();
        try (Connection connection = turning.database().open("cutover")) {
            for (ExpandStep step : turn(now.phase())) {
                steps.add(step.title() + "; writers are not touched, batches wait for at most "
                        + Patience.DEFAULT.lockTimeout().toMillis() + " ms a try");
            }
            steps.add("Scan every table once, block by block; no lock but those of the rows written");
            steps.add("Verify every row in one snapshot; reads only");
            for (ExpandStep step : turning.sql().constrain(RefusalsReader.read(connection, turning.mapping()))) {
                steps.add(step.title()
                        + (step.inTransaction()
                                ? "; its ACCESS EXCLUSIVE lock is waited for at most "
                                        + Patience.DEFAULT.lockTimeout().toMillis()
                                        + " ms a try, and held for a moment; from then on old writers' INSERTs fail"
                                : "; as long as reading the table takes, without holding up a writer"));
            }
        }
        return TurnReport.of(false, now.phase(), gate.blockers(now), List.of(), steps, null);
    }

    private List<ExpandStep> turn(Phase phase) {
        return phase == Phase.SYNC
                ? List.of(turning.sql()
                        .turn("Turn the direction: the agent columns lead", "SYNC", "CUTOVER", config.conflict()))
                : List.of();
    }

    private List<ExpandStep> constraints(Connection connection) throws SQLException {
        if (turning.phase(connection) != Phase.CUTOVER) {
            return List.of(); // somebody turned back meanwhile
        }
        return turning.sql().constrain(RefusalsReader.read(connection, turning.mapping()));
    }

    private boolean quiet(GateFacts now) {
        Duration quiet = now.legacyQuietFor();
        return quiet == null || quiet.compareTo(config.steady()) >= 0;
    }

    private GateFacts read() throws SQLException {
        try (Connection connection = turning.database().open("cutover")) {
            return facts.read(connection);
        }
    }
}
