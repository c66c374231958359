package dev.lockstep.vector;

import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.StampedAt;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.model.VectorMeaning.Stamp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What has to be written to a point, from what it carries and what the database knows of it. Pure. */
final class StampPlan {

    private final PointFields fields;
    private final OnDelete onDelete;
    private final ColumnType agentType;
    private final ColumnType conversationType;

    StampPlan(Mapping mapping, Mapping.Store store) {
        this.fields = store.fields();
        this.onDelete = store.onDelete();
        this.agentType = mapping.agents().id().type();
        this.conversationType = store.conversation().type();
    }

    /**
     * A point and what it has to carry.
     *
     * @param want what it has to carry; what it carries already when that is newer
     * @param edit what to write; empty when it is in step
     */
    record Verdict(Point point, Stamp now, Stamp want, Optional<Edit> edit) {

        /** Of a point whose store refused the edit. */
        Verdict unwritten() {
            return new Verdict(point, now, want, Optional.empty());
        }

        boolean legacy() {
            return VectorMeaning.LEGACY.equals(want.source());
        }

        boolean orphan() {
            return VectorMeaning.ORPHAN.equals(want.source());
        }
    }

    /**
     * Judges one point.
     *
     * @param seen its message was seen to be deleted
     * @param at the state that the facts are of
     */
    Verdict of(Point point, Facts facts, boolean seen, StampedAt at) {
        Stamp want = VectorMeaning.of(facts, onDelete);
        if (Optional.ofNullable(point.text(fields.lsn()))
                .flatMap(StampedAt::parse)
                .filter(at::isBefore)
                .isPresent()) {
            return new Verdict(point, facts.now(), facts.now(), Optional.empty());
        }
        if (seen && onDelete == OnDelete.DELETE && facts.named() && facts.message() == null) {
            return new Verdict(point, facts.now(), want, Optional.of(new Edit.Removal(point.id())));
        }
        if (want.equals(facts.now())) {
            return new Verdict(point, facts.now(), want, Optional.empty());
        }
        Map<String, Object> set = new HashMap<>();
        Set<String> unset = new HashSet<>();
        put(set, unset, fields.agent(), facts.now().agent(), want.agent(), agentType);
        put(set, unset, fields.conversation(), facts.now().conversation(), want.conversation(), conversationType);
        put(set, unset, fields.source(), facts.now().source(), want.source(), ColumnType.TEXT);
        set.put(fields.lsn(), at.text());
        return new Verdict(point, facts.now(), want, Optional.of(new Edit.Stamp(point.id(), set, unset)));
    }

    private static void put(
            Map<String, Object> set,
            Set<String> unset,
            String field,
            @Nullable String now,
            @Nullable String want,
            ColumnType type) {
        if (want == null) {
            if (now != null) {
                unset.add(field);
            }
        } else if (!want.equals(now)) {
            set.put(field, typed(want, type));
        }
    }

    /** Numbers as numbers: that is how applications filter for them. */
    private static Object typed(String value, ColumnType type) {
        return switch (type) {
            case INT, BIGINT -> Long.valueOf(value);
            case UUID, TEXT, BYTEA, BOOLEAN, OTHER -> value;
        };
    }
}
