package dev.lockstep.cutover;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Conflict;
import dev.lockstep.model.Direction;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Phase;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.Scans;
import dev.lockstep.state.Stopwatch;
import dev.lockstep.verify.Verifier;
import dev.lockstep.verify.VerifyReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns the direction back: the persona column leads again. Before that, everything that new writers wrote has its persona;
 * what they were writing while it was turned gets it right after.
 */
public final class Revert {

    private static final int NAMED = 10;
    private static final Duration OLDER = Duration.ofSeconds(60);

    private final Turning turning;
    private final Verifier.Repair filling;

    /** @param filling mends rows as if the agent column still led */
    public Revert(Turning turning, Verifier.Repair filling) {
        this.turning = turning;
        this.filling = filling;
    }

    /**
     * Turns back, unless a row's persona and agent disagree: then the agent would be lost.
     *
     * @throws LockstepException when a step could not be done: what was done stays, and it can be run again
     */
    public TurnReport run() throws SQLException, InterruptedException {
        Stopwatch watch = turning.start();
        turning.requireNoClearing();
        List<String> notes;
        try (Connection connection = turning.database().open("revert")) {
            Phase phase = turning.phase(connection);
            if (phase == Phase.CONTRACTED) {
                throw LockstepException.wrongInput("the migration is over (phase CONTRACTED): there is no way back");
            }
            if (phase == Phase.SYNC && !begun(connection)) {
                throw LockstepException.wrongInput(
                        "the persona columns lead (phase SYNCING): there is nothing to turn back");
            }
            notes = new ArrayList<>(agentsWithoutPersona(connection));
            if (phase == Phase.CUTOVER) {
                turning.awaitStream();
                Optional<Gate.Blocker> conflicts = conflicts(connection);
                if (conflicts.isPresent()) {
                    return turning.recorded("gate", watch, 0, TurnReport.shut(phase, List.of(conflicts.get()), notes));
                }
            }
        }
        List<String> steps = new ArrayList<>(turning.plans().execute(turning.turn(), this::plan));
        boolean ended = olderEnded();
        VerifyReport late = turning.verifier().asIf(Direction.AGENT_LEADS).run(filling);
        steps.add("Fill the personas of rows written meanwhile: " + late.repaired() + " rows");
        turning.scan().run();
        VerifyReport report = turning.verifier().run(turning.repair());
        if (ended && report.clean()) {
            steps.addAll(turning.plans()
                    .execute(turning.turn(), connection -> List.of(turning.sql().forgetTurn())));
        } else if (!ended) {
            notes.add("transactions from before the turn are still open, and what they wrote may lack its persona;"
                    + " run `lockstep revert` once more when they have ended");
        }
        return turning.recorded(
                "revert",
                watch,
                late.repaired(),
                TurnReport.of(ended && report.clean(), Phase.SYNC, List.of(), notes, steps, report));
    }

    /** Waits, not for ever, for the transactions that were open when it was turned: their rows have to be seen. */
    private boolean olderEnded() throws SQLException, InterruptedException {
        try (Connection connection = turning.database().open("revert")) {
            long open = Handles.ask(
                    connection,
                    handle -> handle.createQuery("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
                            .mapTo(Long.class)
                            .one());
            long began = System.nanoTime();
            while (System.nanoTime() - began < OLDER.toNanos()) {
                boolean ended = Handles.ask(
                        connection,
                        handle -> handle.createQuery(
                                        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= :open")
                                .bind("open", open)
                                .mapTo(Boolean.class)
                                .one());
                if (ended) {
                    return true;
                }
                if (turning.stop().pause(Duration.ofMillis(100))) {
                    throw new InterruptedException("stopped");
                }
            }
            return false;
        }
    }

    /** It was turned, and what comes after that is not all done. */
    private boolean begun(Connection connection) throws SQLException {
        return Handles.ask(connection, new Scans(turning.name())::all).stream()
                .anyMatch(scan -> scan.gapId() == Scans.TURN);
    }

    /** Rows that would lose their agent; found by looking at every row, for there may be nobody who set them aside. */
    private Optional<Gate.Blocker> conflicts(Connection connection) throws SQLException, InterruptedException {
        long rows = turning.verifier().asIf(Direction.AGENT_LEADS).run(Verifier.Repair.NONE).tables().stream()
                .mapToLong(VerifyReport.Table::wrong)
                .sum();
        return rows + letters(connection) == 0
                ? Optional.empty()
                : Optional.of(
                        new Gate.Blocker(
                                "conflicts",
                                Math.max(rows, letters(connection))
                                        + " rows have a persona and an agent that disagree, and would lose the agent",
                                "`lockstep verify` and `lockstep dead-letters list` name them; set the one that is wrong to what fits the other, or to NULL"));
    }

    private List<ExpandStep> plan(Connection connection) throws SQLException {
        if (turning.phase(connection) == Phase.CUTOVER && letters(connection) > 0) {
            throw LockstepException.notDone(
                    "a row whose persona and agent disagree came meanwhile; nothing was turned, run `lockstep revert` again",
                    null);
        }
        if (turning.phase(connection) == Phase.CONTRACTED) {
            throw LockstepException.wrongInput(
                    "the migration has ended meanwhile (phase CONTRACTED): there is no way back; nothing was turned");
        }
        List<ExpandStep> steps =
                new ArrayList<>(turning.sql().free(RefusalsReader.read(connection, turning.mapping())));
        if (turning.phase(connection) == Phase.CUTOVER) {
            steps.add(turning.sql()
                    .turn("Turn the direction back: the persona columns lead", "CUTOVER", "SYNC", Conflict.REPORT));
        }
        return steps;
    }

    private long letters(Connection connection) throws SQLException {
        return Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT count(*) FROM " + Sql.quote(turning.name())
                                + ".dead_letter WHERE sqlstate = :conflict")
                        .bind("conflict", DeadLetters.CONFLICT)
                        .mapTo(Long.class)
                        .one());
    }

    /** Their rows have no persona, so old readers do not see them. */
    private List<String> agentsWithoutPersona(Connection connection) throws SQLException {
        Mapping.Agents agents = turning.mapping().agents();
        List<String> ids = Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT a." + Sql.quote(agents.id().name()) + "::text FROM "
                                + Sql.quote(agents.table()) + " a WHERE a."
                                + Sql.quote(agents.persona().name()) + " IS NULL ORDER BY 1")
                        .mapTo(String.class)
                        .list());
        if (ids.isEmpty()) {
            return List.of();
        }
        return List.of(ids.size() + " agents have no persona, so old readers will not see their rows: "
                + String.join(", ", ids.subList(0, Math.min(NAMED, ids.size()))) + (ids.size() > NAMED ? ", ..." : ""));
    }
}
