package dev.lockstep.vector;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.state.LegacyPoints;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.vector.StampPlan.Verdict;
import java.sql.SQLException;
import java.util.List;

/** Notes what became of points. Not thread-safe. */
final class Ledger {

    private static final int LONGEST = 500;

    private final String store;
    private final LegacyPoints legacy;
    private final StoreSweeps sweeps;

    Ledger(String name, String store) {
        this.store = store;
        this.legacy = new LegacyPoints(name);
        this.sweeps = new StoreSweeps(name);
    }

    /** In the transaction that was begun. */
    void note(WriteSession session, List<Verdict> verdicts, long pass) throws SQLException {
        legacy.add(
                session.connection(),
                store,
                verdicts.stream()
                        .filter(Verdict::legacy)
                        .map(v -> v.point().id())
                        .filter(Ledger::holds)
                        .sorted()
                        .toList(),
                pass);
        legacy.remove(
                session.connection(),
                store,
                verdicts.stream()
                        .filter(v -> !v.legacy())
                        .map(v -> v.point().id())
                        .filter(Ledger::holds)
                        .toList());
        long edits = verdicts.stream().filter(v -> v.edit().isPresent()).count();
        if (edits > 0) {
            session.tell(handle -> sweeps.stamped(handle, store, edits));
        }
    }

    /** Some stores have ids of any length, with any character; an index of the database has not. */
    private static boolean holds(String id) {
        return id.length() <= LONGEST && id.indexOf('\0') < 0;
    }
}
