package dev.lockstep.vector;

import dev.lockstep.model.PointFields;
import dev.lockstep.model.Recall;
import dev.lockstep.model.VectorMeaning;
import java.util.List;
import java.util.Set;

/** What a conversation remembers, from a store outside the database: runs {@link Recall} over its search. */
public final class StoreRecall {

    private final PointFields fields;
    private final VectorSearch search;
    private final Selection.AnyOf orphans;

    /** @param fields as {@code mapping.vectors} names them */
    public StoreRecall(PointFields fields, VectorSearch search) {
        this.fields = fields;
        this.search = search;
        this.orphans = new Selection.AnyOf(fields.source(), Set.of(VectorMeaning.ORPHAN));
    }

    /**
     * The points, best first, none twice.
     *
     * @param recall its values are ids of the database, which the store may have as text or as numbers
     * @param query an embedding of what is being talked about
     * @throws StoreFailure when one of the searches fails
     */
    public List<Point> points(Recall<?> recall, float... query) {
        return recall.hits((step, limit) -> search.nearest(query, among(step), orphans, limit), Point::id);
    }

    private Selection.AnyOf among(Recall.Step<?> step) {
        String field = switch (step.field()) {
            case CONVERSATION -> fields.conversation();
            case AGENT -> fields.agent();
            case PERSONA -> fields.persona();
        };
        return new Selection.AnyOf(field, Set.of(step.value().toString()));
    }
}
