package dev.lockstep.vector;

import java.util.Set;

/** Which points. */
public sealed interface Selection {

    /** Every point, without any filter. */
    record All() implements Selection {}

    /** Points by id; those that are not there are passed over, and so are ids that the store could not have. */
    record Ids(Set<String> ids) implements Selection {

        public Ids {
            ids = Set.copyOf(ids);
        }
    }

    /**
     * Points whose payload has one of the values in the field. Finds a value that the store has as a string, and, where
     * the text is a whole number, one that it has as a number.
     *
     * @param values as text
     */
    record AnyOf(String field, Set<String> values) implements Selection {

        public AnyOf {
            values = Set.copyOf(values);
        }
    }
}
