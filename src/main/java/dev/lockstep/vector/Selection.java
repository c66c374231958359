package dev.lockstep.vector;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which points. */
public sealed interface Selection {

    /** Whether no point can be meant, so that no store need be asked. */
    default boolean isNothing() {
        return false;
    }

    /** Every point, without any filter. */
    record All() implements Selection {}

    /** Points by id; those that are not there are passed over, and so are ids that the store could not have. */
    record Ids(Set<String> ids) implements Selection {

        public Ids {
            ids = Set.copyOf(ids);
        }

        @Override
        public boolean isNothing() {
            return ids.isEmpty();
        }
    }

    /**
     * Points whose payload has one of the values in the field. Finds a value that the store has as a string, and, where
     * the text is a whole number, one that it has as a number.
     *
     * @param values as text
     */
    record AnyOf(String field, Set<String> values) implements Selection {

        private static final Pattern WHOLE = Pattern.compile("0|-?[1-9][0-9]{0,17}");

        public AnyOf {
            values = Set.copyOf(values);
        }

        @Override
        public boolean isNothing() {
            return values.isEmpty();
        }

        /** Those values that a store may have as numbers: written as {@link Long} writes itself, with up to 18 digits. */
        public Set<Long> wholeNumbers() {
            return values.stream()
                    .filter(value -> WHOLE.matcher(value).matches())
                    .map(Long::valueOf)
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
