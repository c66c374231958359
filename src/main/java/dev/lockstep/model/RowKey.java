package dev.lockstep.model;

import java.util.List;

/**
 * A primary key as the server prints its columns, in key order. Equal keys of one table are equal as text: uuid in
 * lower case, integers without padding.
 */
public record RowKey(List<String> values) {

    public RowKey {
        values = List.copyOf(values);
    }

    public static RowKey of(String... values) {
        return new RowKey(List.of(values));
    }

    @Override
    public String toString() {
        return values.size() == 1 ? values.get(0) : values.toString();
    }
}
