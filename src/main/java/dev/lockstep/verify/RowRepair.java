package dev.lockstep.verify;

import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.RowDeriver;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.DeadLetters;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Mends what a verification found, by the same derivation as everything else. Rows that a writer holds are waited for. */
public final class RowRepair implements Verifier.Repair {

    private static final int CHUNK = 1000;
    private static final int TRIES = 300;

    private final WriteSession session;
    private final Mapping mapping;
    private final AgentMaker agents;
    private final DeadLetters letters;
    private final StopSignal stop;

    /** @param session its own; the caller closes it */
    public RowRepair(WriteSession session, String name, Mapping mapping, StopSignal stop) {
        this.session = session;
        this.mapping = mapping;
        this.agents = new AgentMaker(mapping, new AgentCache());
        this.letters = new DeadLetters(name);
        this.stop = stop;
    }

    @Override
    public long mend(Map<TableName, List<RowKey>> rows) throws SQLException, InterruptedException {
        AgentMaker.Outcome made = agents.ensureAll(session);
        Map<String, AgentMaker.Refusal> impossible = new HashMap<>(made.impossible());
        long written = made.made();
        for (Map.Entry<TableName, List<RowKey>> entry : rows.entrySet()) {
            RowDeriver deriver =
                    new RowDeriver(mapping, mapping.scoped(entry.getKey()).orElseThrow(), letters);
            List<RowKey> keys = entry.getValue();
            for (int i = 0; i < keys.size(); i += CHUNK) {
                written += chunk(deriver, keys.subList(i, Math.min(keys.size(), i + CHUNK)), impossible);
            }
        }
        return written;
    }

    private long chunk(RowDeriver deriver, List<RowKey> keys, Map<String, AgentMaker.Refusal> impossible)
            throws SQLException, InterruptedException {
        session.begin();
        List<String> personas = deriver.personasWithoutAgent(session, keys);
        session.commit();
        impossible.putAll(agents.ensure(session, personas).impossible());
        long written = 0;
        List<RowKey> left = List.copyOf(keys);
        for (int i = 0; i < TRIES && !left.isEmpty(); i++) {
            session.begin();
            RowDeriver.Outcome outcome = deriver.careful(session, left, Map.copyOf(impossible));
            session.commit();
            written += outcome.written();
            left = outcome.held();
            if (!left.isEmpty() && stop.pause(Duration.ofMillis(100))) {
                throw new InterruptedException("stopped");
            }
        }
        return written;
    }
}
