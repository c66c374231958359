package dev.lockstep.sync;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreHints.Kind;
import dev.lockstep.state.StoreSweeps;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells the keepers of stores outside the database what changed: by key alone, in the control schema, so that a store that
 * is away holds up nothing and nothing is forgotten. Not thread-safe.
 */
final class StoreDesk {

    /** Conversations of which is remembered what they were told as. */
    private static final int REMEMBERED = 50_000;

    private final Map<TableName, Map<RowKey, String>> told = new HashMap<>();
    private final List<Mapping.Store> stores;
    private final TableName agents;
    private final StoreHints hints;
    private final StoreSweeps sweeps;

    StoreDesk(String name, Mapping mapping) {
        this.stores = mapping.stores();
        this.agents = mapping.agents().table();
        this.hints = new StoreHints(name);
        this.sweeps = new StoreSweeps(name);
    }

    /** Whether any point may be out of step. */
    boolean concerns(BatchPlan plan) {
        return stores.stream()
                .anyMatch(store -> touches(plan, store.messages())
                        || (store.conversations() != null && touches(plan, store.conversations()))
                        || forgetsAgents(plan));
    }

    private static boolean touches(BatchPlan plan, Mapping.Scoped table) {
        return plan.changes().touches(table.table());
    }

    private boolean forgetsAgents(BatchPlan plan) {
        return plan.forgetsAgents(agents);
    }

    /** In the transaction that was begun. */
    void tell(WriteSession session, BatchPlan plan) throws SQLException {
        for (Mapping.Store store : stores) {
            TableName messages = store.messages().table();
            Set<RowKey> there = plan.rows().getOrDefault(messages, Map.of()).keySet();
            Set<RowKey> gone = new HashSet<>(plan.gone().getOrDefault(messages, Set.of()));
            gone.removeAll(there); // deleted and written again
            add(session, store, Kind.MESSAGE, there, false);
            add(session, store, Kind.MESSAGE, gone, true);
            boolean all = forgetsAgents(plan) || plan.truncated().contains(messages);
            if (store.conversations() != null) {
                TableName conversations = store.conversations().table();
                add(session, store, Kind.CONVERSATION, changed(plan, conversations), false);
                add(session, store, Kind.CONVERSATION, plan.gone().getOrDefault(conversations, Set.of()), false);
                all |= plan.truncated().contains(conversations);
            }
            if (all) {
                session.tell(handle -> sweeps.want(handle, store.name()));
            }
        }
    }

    /** Wants every store swept instead. */
    void giveUp(WriteSession session) throws SQLException {
        session.tell(sweeps::wantAll);
    }

    /** Whether a keeper that was quicker than the derivation may have looked in vain. */
    boolean concerns(TableName derived) {
        return stores.stream()
                .anyMatch(store -> store.byHash() && store.messages().table().equals(derived));
    }

    /** Messages that have their hash by now: what is tied by it can be found. In the transaction that was begun. */
    void derived(WriteSession session, TableName table, Set<RowKey> rows) throws SQLException {
        for (Mapping.Store store : stores) {
            if (store.byHash() && store.messages().table().equals(table)) {
                add(session, store, Kind.MESSAGE, rows, false);
            }
        }
    }

    /** What was told is committed. */
    void told(BatchPlan plan) {
        for (Mapping.Store store : stores) {
            if (store.conversations() != null) {
                TableName table = store.conversations().table();
                Map<RowKey, String> known = told.computeIfAbsent(table, t -> new Remembered());
                if (plan.truncated().contains(table)) {
                    known.clear();
                }
                plan.gone().getOrDefault(table, Set.of()).forEach(known::remove);
                plan.rows().getOrDefault(table, Map.of()).forEach((key, hint) -> known.put(key, meaning(hint)));
            }
        }
    }

    /** Others may have told of the same conversations since. */
    void forget() {
        told.clear();
    }

    /**
     * Those whose agent may be another one. An application may touch a conversation with every message; all its messages
     * are not looked at each time.
     */
    private Set<RowKey> changed(BatchPlan plan, TableName conversations) {
        Map<RowKey, String> known = told.getOrDefault(conversations, Map.of());
        Set<RowKey> changed = new HashSet<>();
        plan.rows().getOrDefault(conversations, Map.of()).forEach((key, hint) -> {
            if (!meaning(hint).equals(known.get(key))
                    || plan.truncated().contains(conversations)
                    || plan.gone().getOrDefault(conversations, Set.of()).contains(key)) {
                changed.add(key);
            }
        });
        return changed;
    }

    /** What an agent follows from. */
    private static String meaning(BatchPlan.Hint hint) {
        return hint.persona() != null ? "persona " + hint.persona() : "agent " + hint.agent();
    }

    private static final class Remembered extends LinkedHashMap<RowKey, String> {

        private static final long serialVersionUID = 1L;

        Remembered() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<RowKey, String> eldest) {
            return size() > REMEMBERED;
        }
    }

    private void add(WriteSession session, Mapping.Store store, Kind kind, Set<RowKey> rows, boolean deleted)
            throws SQLException {
        hints.add(
                session.connection(),
                store.name(),
                kind,
                rows.stream().map(key -> key.values().get(0)).toList(),
                deleted);
    }
}
