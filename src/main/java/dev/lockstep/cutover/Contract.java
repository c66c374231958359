package dev.lockstep.cutover;

import dev.lockstep.config.CutoverConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.Phase;
import dev.lockstep.sql.ContractFacts;
import dev.lockstep.sql.ContractSql;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.sql.Sql;
import dev.lockstep.sql.TurnSql;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Lease;
import dev.lockstep.state.Stopwatch;
import dev.lockstep.verify.Verifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Ends the migration: from here on there is no way back. Each step is there or not there in the database, so whoever was
 * killed is run again and goes on where it was.
 */
public final class Contract {

    private static final Duration ENDING = Duration.ofSeconds(60);
    private static final Duration STEP = Duration.ofMillis(100);

    private final Turning turning;
    private final GateReader facts;
    private final Gate gate;
    private final boolean dropColumns;

    /** @param dropColumns whether the persona columns of the tables go too */
    public Contract(Turning turning, CutoverConfig config, GateReader facts, boolean dropColumns) {
        this.turning = turning;
        this.facts = facts;
        this.gate = new Gate(config);
        this.dropColumns = dropColumns;
    }

    /**
     * Contracts, if nothing speaks against it.
     *
     * @param confirm name of the database, as the operator wrote it
     * @throws LockstepException when a step could not be done: what was done stays, and it can be run again
     */
    public TurnReport run(String confirm) throws SQLException, InterruptedException {
        Stopwatch watch = turning.start();
        Phase phase;
        List<String> notes = new ArrayList<>();
        try (Connection connection = turning.database().open("turn")) {
            String database = connection.getCatalog();
            if (!confirm.equals(database)) {
                throw LockstepException.wrongInput("this is database " + database + ", and --confirm says " + confirm
                        + "; nothing was touched: it cannot be undone, so the name has to be right");
            }
            phase = phase(connection);
            notes.addAll(named(connection));
        }
        if (phase == Phase.CUTOVER) {
            List<Gate.Blocker> blockers = blockers();
            if (!blockers.isEmpty()) {
                return turning.recorded("gate", watch, 0, TurnReport.shut(phase, blockers, notes));
            }
            turning.awaitStream(); // what was committed until now is the last that is derived
        }
        List<String> steps = new ArrayList<>(turning.plans().execute(turning.turn(), connection -> {
            phase(connection); // somebody may have turned back since
            return close(connection);
        }));
        awaitEnd();
        steps.addAll(turning.plans().execute(turning.turn(), connection -> clear(connection, false)));
        if (dropColumns) { // asked again: since the gate hours may have passed, or a whole release
            List<Gate.Blocker> dependents = dependents();
            if (!dependents.isEmpty()) {
                return turning.recorded("gate", watch, 0, TurnReport.shut(Phase.CONTRACTED, dependents, notes));
            }
            steps.addAll(turning.plans().execute(turning.turn(), connection -> clear(connection, true)));
        }
        return turning.recorded(
                "contract", watch, 0, TurnReport.of(true, Phase.CONTRACTED, List.of(), notes, steps, null));
    }

    /** Refuses before the turn, a plan too: as a script it would drop the slot of a stream that is still needed. */
    private Phase phase(Connection connection) throws SQLException {
        Phase phase = turning.phase(connection);
        if (phase == Phase.SYNC) {
            throw LockstepException.wrongInput(
                    "the persona columns lead (phase SYNCING); run `lockstep cutover` first");
        }
        return phase;
    }

    private List<Gate.Blocker> dependents() throws SQLException {
        try (Connection connection = turning.database().open("turn")) {
            return dependents(connection);
        }
    }

    private List<Gate.Blocker> dependents(Connection connection) throws SQLException {
        return new Dependents(turning.name(), turning.mapping())
                .objects(connection).stream()
                        .map(dependent -> new Gate.Blocker(
                                "dependents", "1 object, " + dependent, "drop it, or make it use the agent column"))
                        .toList();
    }

    /** What would be done now, whatever the gate says. */
    public List<ExpandStep> plan() throws SQLException {
        try (Connection connection = turning.database().open("turn")) {
            phase(connection);
        }
        List<ExpandStep> steps = new ArrayList<>(turning.plans().plan(this::close));
        steps.addAll(turning.plans().plan(connection -> sql().clear(reader().read(connection), dropColumns)));
        return steps;
    }

    /**
     * What is to be said when all was done before, columns dropped: the mapping then no longer fits the catalog.
     *
     * @param note whether it is to be noted that it was done, where a kill kept that from it
     * @return empty when something is left to do
     */
    public static Optional<TurnReport> doneBefore(Database database, String name, MappingSpec spec, boolean note)
            throws SQLException {
        try (Connection connection = database.open("turn")) {
            if (new Fence(name).read(connection).phase() != Phase.CONTRACTED
                    || Handles.ask(connection, handle -> hasColumns(handle, spec))) {
                return Optional.empty();
            }
            TurnReport report = TurnReport.of(true, Phase.CONTRACTED, List.of(), List.of(), List.of(), null);
            return Optional.of(
                    !note || Handles.ask(connection, new EvidenceLog(name)::contracted)
                            ? report
                            : new TurnLog(database, name)
                                    .record(
                                            "contract",
                                            Stopwatch.start(connection),
                                            0,
                                            report)); // killed right before it
        }
    }

    private static boolean hasColumns(Handle handle, MappingSpec spec) {
        return spec.tables().stream()
                .anyMatch(table -> handle.createQuery("SELECT EXISTS (SELECT FROM pg_attribute"
                                + " WHERE attrelid = to_regclass(:table) AND attname = :persona AND NOT attisdropped)")
                        .bind("table", Sql.quote(table.table()))
                        .bind("persona", table.persona())
                        .mapTo(Boolean.class)
                        .one());
    }

    private List<Gate.Blocker> blockers() throws SQLException, InterruptedException {
        GateFacts now = read();
        List<Gate.Blocker> blockers = new ArrayList<>(gate.apartFromEvidence(now));
        try (Connection connection = turning.database().open("turn")) {
            RefusalsReader.read(connection, turning.mapping()).forEach((table, refusals) -> {
                if (turning.sql().constrains(table)
                        && !refusals.agentNotNull()
                        && refusals.check() != TurnSql.Check.VALID) {
                    blockers.add(new Gate.Blocker(
                            "constraints",
                            "1 table, " + table + ", still takes rows without an agent",
                            "run `lockstep cutover` once more"));
                }
            });
            if (dropColumns) {
                blockers.addAll(dependents(connection));
            }
            if (blockers.isEmpty()
                    && !(verifiedSince(connection) && gate.blockers(now).isEmpty())) {
                turning.verifier().reading(Gate.READ_KEYS).run(Verifier.Repair.NONE);
                blockers.addAll(gate.blockers(read()));
            }
        }
        return blockers;
    }

    /** Evidence from before the turn says nothing of what came after. */
    private boolean verifiedSince(Connection connection) throws SQLException {
        return Handles.ask(connection, new EvidenceLog(turning.name())::verifiedSinceTurn);
    }

    private List<String> named(Connection connection) throws SQLException {
        Dependents dependents = new Dependents(turning.name(), turning.mapping());
        List<String> notes = new ArrayList<>();
        if (!dropColumns) {
            notes.addAll(dependents.objects(connection));
        }
        notes.addAll(dependents.statements(connection));
        for (ContractFacts.OldIndex index : reader().read(connection).indexes()) {
            notes.add(String.format(
                    Locale.ROOT,
                    "index %s of %s was scanned %,d times since the server began to count, lockstep's own reads among them, and takes"
                            + " %,d kB",
                    index.name(),
                    index.table(),
                    index.scans(),
                    index.bytes() / 1024));
        }
        return notes;
    }

    /** A live `run` sees the phase with its next transaction, and ends. */
    private void awaitEnd() throws SQLException, InterruptedException {
        try (Connection connection = turning.database().open("turn")) {
            long began = System.nanoTime();
            while (streaming(connection)) {
                if (System.nanoTime() - began > ENDING.toNanos()) {
                    throw LockstepException.notDone(
                            "the phase is CONTRACTED, and yet something still streams from slot " + turning.name()
                                    + "; end it (a connector of Kafka Connect is deleted by hand), then run"
                                    + " `lockstep contract` again",
                            null);
                }
                if (turning.stop().pause(STEP)) {
                    throw new InterruptedException("stopped");
                }
            }
        }
    }

    private boolean streaming(Connection connection) throws SQLException {
        return Handles.ask(
                connection,
                handle -> new Lease(turning.name()).read(handle).live()
                        || handle.createQuery("SELECT EXISTS (SELECT FROM pg_replication_slots"
                                        + " WHERE slot_name = :name AND active)")
                                .bind("name", turning.name())
                                .mapTo(Boolean.class)
                                .one());
    }

    private List<ExpandStep> close(Connection connection) throws SQLException {
        return sql().close(reader().read(connection));
    }

    /** With the turn taken, so that the phase stays what it is. */
    private List<ExpandStep> clear(Connection connection, boolean columns) throws SQLException {
        if (turning.phase(connection) != Phase.CONTRACTED) {
            throw LockstepException.notDone(
                    "the phase is not CONTRACTED: somebody turned back meanwhile; nothing more was done, look at `lockstep status`",
                    null);
        }
        return sql().clear(reader().read(connection), columns);
    }

    private ContractSql sql() {
        return new ContractSql(turning.name(), turning.mapping());
    }

    private ContractReader reader() {
        return new ContractReader(turning.name(), turning.mapping());
    }

    private GateFacts read() throws SQLException {
        try (Connection connection = turning.database().open("turn")) {
            return facts.read(connection);
        }
    }
}
