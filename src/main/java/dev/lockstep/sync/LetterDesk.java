package dev.lockstep.sync;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.state.DeadLetters;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps dead letters true while changes stream by, without asking the server about rows that are none. Not thread-safe.
 */
final class LetterDesk {

    /** So many keys are remembered; with more letters than that every row is asked about. */
    private static final int REMEMBERED = 10_000;

    private static final int AT_ONCE = 500;

    private final DeadLetters letters;
    private final Map<TableName, Set<RowKey>> known = new HashMap<>();
    private boolean any = true;
    private boolean complete;

    LetterDesk(DeadLetters letters) {
        this.letters = letters;
    }

    /** Whether there are letters, or nobody has looked yet. */
    boolean any() {
        return any;
    }

    /** Whether a row was set aside, as far as is remembered. */
    boolean holds(TableName table, RowKey key) {
        return known.getOrDefault(table, Set.of()).contains(key);
    }

    void added(TableName table, Collection<RowKey> keys) {
        any = true;
        known.computeIfAbsent(table, t -> new HashSet<>()).addAll(keys);
    }

    /** Rows of the batch that are gone are no letters any more; those that changed, or may have an agent now, are due. */
    void settle(WriteSession session, BatchPlan plan) throws SQLException {
        Map<TableName, List<RowKey>> gone = new LinkedHashMap<>();
        plan.gone().forEach((table, keys) -> {
            Set<RowKey> dead = new HashSet<>(keys);
            dead.removeAll(plan.rows().getOrDefault(table, Map.of()).keySet());
            gone.put(table, of(table, dead));
        });
        Map<TableName, List<RowKey>> changed = new LinkedHashMap<>();
        plan.rows().forEach((table, hints) -> changed.put(table, of(table, hints.keySet())));
        if (plan.truncated().isEmpty() && !plan.agentsAppeared() && allEmpty(gone) && allEmpty(changed)) {
            return;
        }
        session.begin();
        for (TableName table : plan.truncated()) {
            letters.removeAll(session.connection(), table);
        }
        for (Map.Entry<TableName, List<RowKey>> entry : gone.entrySet()) {
            letters.remove(session.connection(), entry.getKey(), entry.getValue());
        }
        for (Map.Entry<TableName, List<RowKey>> entry : changed.entrySet()) {
            letters.makeDue(session.connection(), entry.getKey(), entry.getValue());
        }
        if (plan.agentsAppeared()) {
            letters.retryAll(session.connection());
        }
        session.commit();
    }

    /** The rows whose next try has come, by table. Reads only, so it takes no lock and writes no WAL: it is asked for ever. */
    Map<TableName, List<RowKey>> due(WriteSession session) throws SQLException {
        Map<TableName, List<RowKey>> due = new LinkedHashMap<>();
        refresh(session);
        if (any) {
            letters.due(session.connection(), AT_ONCE)
                    .forEach(letter -> due.computeIfAbsent(letter.table(), t -> new ArrayList<>())
                            .add(letter.key()));
        }
        session.rollback();
        return due;
    }

    /** Rows that are in step, or gone. */
    void mended(WriteSession session, TableName table, List<RowKey> keys) throws SQLException {
        session.begin();
        letters.remove(session.connection(), table, keys);
        session.commit();
    }

    private void refresh(WriteSession session) throws SQLException {
        List<DeadLetters.Letter> all = letters.oldest(session.connection(), REMEMBERED + 1);
        known.clear();
        all.forEach(letter ->
                known.computeIfAbsent(letter.table(), t -> new HashSet<>()).add(letter.key()));
        any = !all.isEmpty();
        complete = all.size() <= REMEMBERED;
    }

    private List<RowKey> of(TableName table, Collection<RowKey> keys) {
        Set<RowKey> letterKeys = known.getOrDefault(table, Set.of());
        return keys.stream()
                .filter(key -> !complete || letterKeys.contains(key))
                .toList();
    }

    private static boolean allEmpty(Map<TableName, List<RowKey>> rows) {
        return rows.values().stream().allMatch(List::isEmpty);
    }
}
