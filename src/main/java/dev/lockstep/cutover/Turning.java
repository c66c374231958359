package dev.lockstep.cutover;

import dev.lockstep.database.Database;
import dev.lockstep.expand.PlanRun;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.Phase;
import dev.lockstep.model.StopSignal;
import dev.lockstep.sql.TurnSql;
import dev.lockstep.state.Fence;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.state.Stopwatch;
import dev.lockstep.verify.StreamWait;
import dev.lockstep.verify.Verifier;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * What turning, there and back, is done with.
 *
 * @param name the configured name
 * @param plans carries out steps
 * @param scan carries out the scans that are open, beside a live sidecar
 * @param verifier holds rows against the direction in force
 * @param stop asked between steps
 */
public record Turning(
        Database database,
        String name,
        Mapping mapping,
        PlanRun plans,
        Scan scan,
        Verifier verifier,
        Verifier.Repair repair,
        StopSignal stop) {

    /** Brings every row into step with the direction in force; can be done again. */
    @FunctionalInterface
    public interface Scan {
        long run() throws SQLException, InterruptedException;
    }

    Stopwatch start() throws SQLException {
        return new TurnLog(database, name).start();
    }

    /** Keeps {@code report} as evidence of what was decided or done; returns it with what it took. */
    TurnReport recorded(String kind, Stopwatch watch, long rows, TurnReport report) throws SQLException {
        return new TurnLog(database, name).record(kind, watch, rows, report);
    }

    /** Returns when a live sidecar has applied everything committed before the call. */
    void awaitStream() throws SQLException, InterruptedException {
        try (Connection connection = database.open("turn")) {
            StreamWait stream = new StreamWait(name, stop);
            if (stream.live(connection)) {
                stream.passed(connection, ServerEnd.read(connection).lsn());
            }
        }
    }

    /** After a way back it would empty the agents that new writers set. */
    void requireNoClearing() {
        for (Mapping.Scoped table : mapping.tables()) {
            if (table.nullPersona() == NullPersona.CLEAR) {
                throw LockstepException.wrongInput("mapping: " + table.table()
                        + " has nullPersona: clear, which after a way back would empty what new writers wrote; take it out"
                        + " and start `lockstep run` anew, then turn");
            }
        }
    }

    Phase phase(Connection connection) throws SQLException {
        return new Fence(name).read(connection).phase();
    }

    TurnSql sql() {
        return new TurnSql(name, mapping);
    }

    /** Only one process turns at a time, whichever way. */
    String turn() {
        return "lockstep turn " + name;
    }
}
