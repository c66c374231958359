package dev.lockstep.sync;

import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.RowDeriver;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sync.Lanes.Work;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The transactions in which rows are derived: the fast one, and the careful one it falls back to. Keeps nothing. */
final class LaneWork {

    private final Map<TableName, RowDeriver> derivers;
    private final AgentMaker agents;

    LaneWork(Map<TableName, RowDeriver> derivers, AgentMaker agents) {
        this.derivers = derivers;
        this.agents = agents;
    }

    /** One lane's share of a batch, in a transaction of its own. */
    LaneOutcome lane(WriteSession session, Map<TableName, Work> work) throws SQLException {
        LaneOutcome outcome = new LaneOutcome();
        try {
            session.begin();
            fast(session, work, outcome);
            session.commit();
            return outcome;
        } catch (SQLException e) {
            return afterFailure(session, work, e);
        }
    }

    /** In the caller's transaction; fails as a whole. */
    void fast(WriteSession session, Map<TableName, Work> work, LaneOutcome outcome) throws SQLException {
        for (Map.Entry<TableName, Work> entry : work.entrySet()) {
            Work rows = entry.getValue();
            outcome.add(entry.getKey(), deriver(entry.getKey()).fast(session, rows.keys(), rows.withoutPersona()));
        }
    }

    /** What {@link #fast} could not do as a whole is done row by row, if it is a row's fault or somebody holds one. */
    LaneOutcome afterFailure(WriteSession session, Map<TableName, Work> work, SQLException e) throws SQLException {
        ErrorPolicy policy = ErrorPolicy.of(e);
        if (policy != ErrorPolicy.GIVE_WAY && policy != ErrorPolicy.SET_ASIDE) {
            throw e;
        }
        session.rollback();
        return carefully(session, work, Map.of());
    }

    /** Row by row where it must be; rows that somebody holds are held. */
    LaneOutcome carefully(WriteSession session, Map<TableName, Work> work, Map<String, AgentMaker.Refusal> impossible)
            throws SQLException {
        LaneOutcome outcome = new LaneOutcome();
        try {
            session.begin();
            for (Map.Entry<TableName, Work> entry : work.entrySet()) {
                outcome.add(
                        entry.getKey(),
                        deriver(entry.getKey())
                                .careful(session, entry.getValue().keys(), impossible));
            }
            session.commit();
            return outcome;
        } catch (SQLException e) {
            if (ErrorPolicy.of(e) != ErrorPolicy.GIVE_WAY) {
                throw e;
            }
            session.rollback();
            LaneOutcome later = new LaneOutcome();
            work.forEach(
                    (table, rows) -> later.add(table, new RowDeriver.Outcome(0, rows.keys(), List.of(), List.of())));
            return later;
        }
    }

    /** Rows named by something else than a batch: their agents first, asked of the server and not of a cache. */
    LaneOutcome rederive(WriteSession session, Map<TableName, List<RowKey>> rows) throws SQLException {
        List<String> personas = new ArrayList<>();
        session.begin();
        for (Map.Entry<TableName, List<RowKey>> entry : rows.entrySet()) {
            personas.addAll(deriver(entry.getKey()).personasWithoutAgent(session, entry.getValue()));
        }
        session.commit();
        Map<String, AgentMaker.Refusal> impossible =
                agents.ensure(session, personas).impossible();
        Map<TableName, Work> work = new LinkedHashMap<>();
        rows.forEach((table, keys) -> work.put(table, new Work(keys, keys)));
        return carefully(session, work, impossible);
    }

    private RowDeriver deriver(TableName table) {
        RowDeriver deriver = derivers.get(table);
        if (deriver == null) {
            throw new IllegalArgumentException(table + " is not mapped");
        }
        return deriver;
    }
}
