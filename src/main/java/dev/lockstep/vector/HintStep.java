package dev.lockstep.vector;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TimedSize;
import dev.lockstep.state.StoreHints;
import dev.lockstep.state.StoreHints.Hint;
import dev.lockstep.state.StoreHints.Kind;
import dev.lockstep.vector.StampPlan.Verdict;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The points of messages and conversations that have changed. Not thread-safe. */
final class HintStep {

    private static final Duration WISHED = Duration.ofMillis(200);
    private static final int FIRST = 200;
    private static final int MOST = 1000;

    /** Pieces of conversations that are fanned out before the keeper looks around. */
    private static final int PIECES = 20;

    /** How often a message is looked for that has no point yet: after 1, 3, 9 and 27 seconds; then the sweep has it. */
    private static final int TRIES = 4;

    private final Mapping.Store link;
    private final VectorStore store;
    private final WriteSession session;
    private final Stamper stamper;
    private final Ledger ledger;
    private final FactsReader facts;
    private final StoreHints hints;
    private @Nullable Hint fanning;
    private String after = "";
    private final TimedSize size = new TimedSize(WISHED, FIRST, MOST);

    HintStep(
            String name,
            Mapping mapping,
            Mapping.Store link,
            VectorStore store,
            WriteSession session,
            Stamper stamper,
            Ledger ledger) {
        this.link = link;
        this.store = store;
        this.session = session;
        this.stamper = stamper;
        this.ledger = ledger;
        this.facts = new FactsReader(mapping, link);
        this.hints = new StoreHints(name);
    }

    /**
     * Deals with some hints, oldest first.
     *
     * @param pass the sweep's number
     * @return how many; 0 when none is due
     */
    int run(long pass) throws SQLException {
        long started = System.nanoTime();
        List<Hint> due = session.look(handle -> hints.due(session.connection(), link.name(), size.items()));
        if (due.isEmpty()) {
            return 0;
        }
        int pieces = PIECES;
        for (Hint hint : due) {
            if (hint.kind() == Kind.CONVERSATION && pieces > 0) {
                pieces = fanOut(hint, pieces);
            }
        }
        List<Hint> messages =
                due.stream().filter(hint -> hint.kind() == Kind.MESSAGE).toList();
        if (!messages.isEmpty()) {
            settle(messages, stamp(messages, pass));
        }
        if (due.size() == size.items()) {
            size.took(due.size(), Duration.ofNanos(System.nanoTime() - started));
        }
        return due.size();
    }

    /**
     * A conversation's messages become hints of their own, some at a time.
     *
     * @return how many of the pieces are left
     */
    private int fanOut(Hint conversation, int pieces) throws SQLException {
        if (!conversation.equals(fanning)) {
            fanning = conversation;
            after = "";
        }
        for (int left = pieces - 1; left >= 0; left--) {
            session.begin();
            List<String> keys = facts.messagesOf(session.connection(), conversation.key(), after, MOST);
            hints.add(session.connection(), link.name(), Kind.MESSAGE, keys, false);
            if (keys.size() < MOST) {
                hints.done(session.connection(), link.name(), List.of(conversation));
                session.commit();
                fanning = null;
                return left;
            }
            session.commit();
            after = keys.get(keys.size() - 1);
        }
        return 0;
    }

    /** Returns the keys of the messages that have points. */
    private Set<String> stamp(List<Hint> messages, long pass) throws SQLException {
        List<String> keys = messages.stream().map(Hint::key).toList();
        Set<String> deleted =
                messages.stream().filter(Hint::deleted).map(Hint::key).collect(Collectors.toSet());
        Set<String> found = new HashSet<>();
        if (link.link() != MappingSpec.Link.HASH) {
            stampAll(named(keys), deleted, pass, verdict -> {
                String message = PointTie.of(link, verdict.point()).message();
                if (message != null && settled(verdict)) {
                    found.add(message);
                }
            });
        }
        if (link.byHash()) {
            session.begin();
            Map<String, String> hashes = facts.hashesOf(session.connection(), keys);
            session.commit();
            Set<String> seen = new HashSet<>();
            if (!hashes.isEmpty()) {
                String field = Objects.requireNonNull(link.fields().contentHash());
                stampAll(new Selection.AnyOf(field, new HashSet<>(hashes.values())), deleted, pass, verdict -> {
                    if (settled(verdict)) {
                        seen.add(verdict.point().text(field));
                    }
                });
            }
            hashes.forEach((key, hash) -> {
                if (seen.contains(hash)) {
                    found.add(key);
                }
            });
        }
        return found;
    }

    private Selection named(List<String> keys) {
        return switch (link.link()) {
            case ID, HASH -> new Selection.Ids(new HashSet<>(keys));
            case PAYLOAD ->
                new Selection.AnyOf(Objects.requireNonNull(link.fields().message()), new HashSet<>(keys));
        };
    }

    /** The agent of a new persona is made a moment after its rows were told of. */
    private static boolean settled(Verdict verdict) {
        return verdict.want().agent() != null;
    }

    private interface Seen {
        void point(Verdict verdict);
    }

    private void stampAll(Selection which, Set<String> deleted, long pass, Seen seen) throws SQLException {
        Set<String> removed = new HashSet<>();
        @Nullable String cursor = null;
        boolean more;
        do {
            Page page = store.scroll(which, cursor, MOST);
            boolean moved = false;
            if (!page.points().isEmpty()) {
                List<Verdict> verdicts = stamper.bring(page.points(), deleted);
                verdicts.forEach(seen::point);
                session.begin();
                ledger.note(session, verdicts, pass);
                session.commit();
                moved = removed.addAll(removals(verdicts));
            }
            // where the cursor is an offset, what comes behind has moved up
            cursor = moved ? null : page.next();
            more = page.next() != null;
        } while (more);
    }

    private static Set<String> removals(List<Verdict> verdicts) {
        return verdicts.stream()
                .flatMap(verdict -> verdict.edit().stream())
                .filter(Edit.Removal.class::isInstance)
                .map(Edit::id)
                .collect(Collectors.toSet());
    }

    private void settle(List<Hint> messages, Set<String> found) throws SQLException {
        List<Hint> done = new ArrayList<>();
        List<Hint> later = new ArrayList<>();
        for (Hint hint : messages) {
            boolean over = found.contains(hint.key()) || hint.deleted() || hint.tries() >= TRIES;
            (over ? done : later).add(hint);
        }
        session.begin();
        hints.done(session.connection(), link.name(), done);
        hints.later(session.connection(), link.name(), later);
        session.commit();
    }
}
