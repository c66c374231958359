package dev.lockstep.connect;

import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/** A record's fields by name, with a schema or without. */
interface Fields {

    /** The value, or null when there is no such field. */
    @Nullable
    Object get(String name);

    boolean has(String name);

    /** The fields of a Struct or a Map; null for anything else. */
    static @Nullable Fields of(@Nullable Object value) {
        if (value instanceof Struct struct) {
            return new OfStruct(struct);
        }
        return value instanceof Map<?, ?> map ? new OfMap(map) : null;
    }

    /** As {@link #of}, of a nested field. */
    default @Nullable Fields nested(String name) {
        return of(get(name));
    }

    default @Nullable String text(String name) {
        Object value = get(name);
        return value == null ? null : value.toString();
    }

    /** An integer; null when it is absent or no integer. */
    default @Nullable Long number(String name) {
        Object value = get(name);
        if (value instanceof Number number) {
            return number.longValue();
        }
        try {
            return value instanceof String text ? Long.valueOf(text) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    record OfStruct(Struct struct) implements Fields {

        @Override
        public @Nullable Object get(String name) {
            Field field = struct.schema().field(name);
            return field == null ? null : struct.get(field);
        }

        @Override
        public boolean has(String name) {
            return struct.schema().field(name) != null;
        }
    }

    record OfMap(Map<?, ?> map) implements Fields {

        @Override
        public @Nullable Object get(String name) {
            return map.get(name);
        }

        @Override
        public boolean has(String name) {
            return map.containsKey(name);
        }
    }
}
