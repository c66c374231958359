package dev.lockstep.vector;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes edits; one that a store refuses holds up no other. Where a write fails and the store is there all the same, it is
 * halved until the refused edit stands alone. Not thread-safe.
 */
final class EditWriter {

    private static final Logger log = LoggerFactory.getLogger(EditWriter.class);

    /** With more refused edits than that in one write, it is the store that is at fault, and the write has failed. */
    private static final int MOST_REFUSED = 5;

    private final VectorStore store;
    private final Set<String> refused = new HashSet<>();

    EditWriter(VectorStore store) {
        this.store = store;
    }

    /**
     * Writes all but refused edits, which are left to the next sweep and to {@code verify}, which finds them.
     *
     * @return the ids of those that were refused
     * @throws StoreFailure when the store is away, or refuses too much
     */
    Set<String> write(List<Edit> edits) {
        refused.clear();
        halves(edits);
        return Set.copyOf(refused);
    }

    private void halves(List<Edit> edits) {
        try {
            store.write(edits);
        } catch (StoreFailure e) {
            store.check(); // or it is away
            if (edits.size() > 1) {
                halves(edits.subList(0, edits.size() / 2));
                halves(edits.subList(edits.size() / 2, edits.size()));
            } else {
                alone(edits, e);
            }
        }
    }

    private void alone(List<Edit> edit, StoreFailure first) {
        try {
            store.write(edit); // what failed once may have been the moment's fault
        } catch (StoreFailure e) {
            store.check();
            refused.add(edit.get(0).id());
            if (refused.size() > MOST_REFUSED) {
                throw first;
            }
            log.warn("point {} is refused and left as it is: {}", edit.get(0).id(), e.getMessage());
        }
    }
}
